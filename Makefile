# The front door; CMake and CTest do the work (CMakePresets.json).
.DEFAULT_GOAL := help
T ?=
J := $(shell nproc)

packages:
	@packaging/install-packages

build/%/build.ninja: CMakeLists.txt CMakePresets.json
	cmake --preset $*

# Whether time depends on secrets is asked of the code that is shipped, first:
# valgrind and the sanitizers do not go together.
check: packages ## build `dev` (sanitizers) and run all tests; T=evm runs a part
ifeq ($(T),)
	cmake --preset release >/dev/null
	cmake --build --preset release -j $(J) --target test_constant_time
	ctest --preset release -R '^crypto.constant_time$$'
endif
	cmake --preset dev >/dev/null
	cmake --build --preset dev -j $(J)
	ctest --preset dev -j $(J) $(if $(T),-R '^$(T)')

demo: packages ## build `release`, run a dApp on a fresh chain, kill it, go on; STAY=1 stays
	cmake --preset release >/dev/null
	cmake --build --preset release -j $(J) --target loft loftd
	STAY=$(STAY) tools/demo

bench: packages ## build `release` and print the benchmarks
	cmake --preset release >/dev/null
	cmake --build --preset release -j $(J) --target benches loft loftd
	tools/bench

fuzz: packages ## explore with libFuzzer; SECONDS_EACH=60, T=rlp for one
	cmake --preset fuzz >/dev/null
	cmake --build --preset fuzz -j $(J)
	tools/fuzz $(T)

check-peers: packages ## viem, ethers, cast, anvil, libp2p and a browser against us
	cmake --preset release >/dev/null
	cmake --build --preset release -j $(J) --target loft loftd loft_peer
	tests/peers/run
	tests/libp2p/run
	tests/console/run

deb: packages ## build the Debian package: build/deb/loft_*.deb
	@tools/make-deb

install: ## build `release` and install; DESTDIR and PREFIX as usual
	cmake --preset release $(if $(PREFIX),-DCMAKE_INSTALL_PREFIX=$(PREFIX)) >/dev/null
	cmake --build --preset release -j $(J)
	cmake --install build/release

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: packages check demo bench fuzz check-peers deb install help
