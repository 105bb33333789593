#!/usr/bin/env python3
"""The commands of `loft` that ask a node, against a running loftd; and what
both programs print about themselves.

Exit status: 0 all pass, 1 not, 77 no loftd built.
Environment: LOFT_BIN, the folder with loft and loftd.
"""
import json
import os
import pathlib
import pty
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from node_client import Client, Node  # noqa: E402

BIN = pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin"))
ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
BOB = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
ALICE_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
TOKEN = ROOT / "contracts" / "artifacts" / "Token.json"
TRANSFER = "Transfer(address indexed from,address indexed to,uint256 value)"


class CliTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="loft-cli-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.node = Node([str(BIN / "loftd"), "--port", "0", "--data-dir", cls.folder + "/data", "--quiet",
                         "--ipc", cls.folder + "/ipc"], cls.folder)
        cls.addClassCleanup(cls.node.kill)
        cls.node.start()
        cls.client = Client(cls.node.port)
        cls.addClassCleanup(cls.client.connection.close)

    def loft(self, *words, expect=0, environment=None, text=None):
        """Runs loft; returns its standard output, its standard error in .errors."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("LOFT_", "ETH_RPC"))}
        env["LOFT_RPC_URL"] = f"http://127.0.0.1:{self.node.port}"
        env.update(environment or {})
        done = subprocess.run([str(BIN / "loft"), *words], capture_output=True, text=True, timeout=60, env=env,
                              input=text)
        self.errors = done.stderr
        self.assertEqual(done.returncode, expect, (words, done.stdout, done.stderr))
        return done.stdout

    def json(self, *words, **more):
        return json.loads(self.loft(*words, **more))

    def deploy(self):
        receipt = self.json("deploy", str(TOKEN), "Loft", "LFT", ALICE, "--from", ALICE)
        return receipt["contractAddress"]


class Reading(CliTest):
    def test_chain(self):
        info = self.json("chain", "info")
        self.assertEqual(info["chainId"], 31337)
        self.assertEqual(info["client"], self.client.call("web3_clientVersion"))
        self.assertEqual(self.json("chain", "id"), 31337)
        self.assertEqual(self.json("chain", "head"), self.client.number("eth_blockNumber"))
        self.assertEqual(self.json("chain", "gas-price"), self.client.number("eth_gasPrice"))
        self.assertIn("31337", self.loft("chain", "info", "--text"))

    def test_block(self):
        genesis = self.client.call("eth_getBlockByNumber", "0x0", False)
        for which in ("0", "0x0", "earliest", genesis["hash"]):
            self.assertEqual(self.json("block", which), genesis)
        self.assertIn(genesis["stateRoot"], self.loft("block", "0", "--text"))
        self.loft("block", "1000000", expect=1)
        self.assertIn("1000000", self.errors)
        self.loft("block", "tomorrow", expect=3)

    def test_account(self):
        balance = self.json("account", "balance", BOB, "--block", "0")
        self.assertEqual(balance, {"ether": "10000", "wei": str(10000 * 10**18)})
        self.assertIn("10000 ether (10,000,", self.loft("account", "balance", BOB, "--block", "0", "--text"))
        self.assertEqual(self.json("account", "nonce", BOB), self.client.number("eth_getTransactionCount", BOB, "latest"))
        self.assertEqual(self.json("account", "code", BOB), "0x")
        self.assertEqual(self.json("account", "storage", BOB, "0"), "0x" + "00" * 32)
        proof = self.json("account", "proof", BOB, "0", "7")
        self.assertEqual(len(proof["storageProof"]), 2)
        self.loft("account", "balance", "0x1234", expect=1)

    def test_the_unix_socket_answers_the_same(self):
        socket_ = "unix:" + self.folder + "/ipc"
        self.assertEqual(self.json("block", "0", "--rpc-url", socket_), self.json("block", "0"))
        self.json("send", BOB, "--value", "1", "--private-key", ALICE_KEY, "--rpc-url", socket_)
        self.loft("block", "1000000", "--rpc-url", socket_, expect=1)

    def test_rpc(self):
        self.assertEqual(self.json("rpc", "eth_chainId"), "0x7a69")
        self.assertEqual(self.json("rpc", "eth_getBlockByNumber", "0x0", "false")["number"], "0x0")
        self.loft("rpc", "eth_nothing", expect=1)
        self.assertIn("-32601", self.errors)


class Sending(CliTest):
    def test_a_payment_signed_here(self):
        before = self.client.number("eth_getBalance", BOB, "latest")
        receipt = self.json("send", BOB, "--value", "1.5ether", "--private-key", ALICE_KEY)
        self.assertEqual(receipt["status"], "0x1")
        self.assertEqual(self.client.number("eth_getBalance", BOB, "latest") - before, 15 * 10**17)
        transaction = self.json("tx", "show", receipt["transactionHash"])
        self.assertEqual((transaction["type"], transaction["gas"]), ("0x2", "0x5208"))
        self.assertEqual(self.json("tx", "receipt", receipt["transactionHash"]), receipt)
        self.assertIn("1.5 ether", self.loft("tx", "show", receipt["transactionHash"], "--text"))

    def test_a_payment_signed_by_the_node(self):
        hash_ = self.json("send", BOB, "--value", "7", "--from", ALICE, "--no-wait")
        self.assertEqual(self.json("tx", "receipt", hash_, "--wait")["status"], "0x1")

    def test_a_payment_from_the_keystore(self):
        key, password, keystore = (self.folder + name for name in ("/key", "/password", "/keystore"))
        pathlib.Path(key).write_text(ALICE_KEY + "\n")
        pathlib.Path(password).write_text("correct horse\n")
        kept = ("--keystore", keystore, "--password-file", password)
        self.loft("account", "import", key, *kept)
        receipt = self.json("send", BOB, "--value", "1gwei", "--account", ALICE, *kept, "--gas-price", "5gwei")
        self.assertEqual(receipt["type"], "0x0")
        pathlib.Path(password).write_text("wrong\n")
        self.loft("send", BOB, "--account", ALICE, *kept, expect=1)

    def test_keys_come_from_files_and_the_environment(self):
        key = self.folder + "/raw"
        pathlib.Path(key).write_text(ALICE_KEY + "\n")
        self.loft("send", BOB, "--value", "1", "--private-key", "@" + key)
        self.loft("send", BOB, "--value", "1", environment={"LOFT_PRIVATE_KEY": ALICE_KEY})
        self.loft("send", BOB, "--value", "1", "--private-key", "0x1234", expect=1)
        self.assertNotIn("1234", self.errors)
        self.loft("send", BOB, expect=3)

    def test_a_contract_from_deploy_to_its_logs(self):
        token = self.deploy()
        self.assertEqual(self.json("call", token, "name()(string)"), ["Loft"])
        self.json("send", token, "mint(address,uint256)", ALICE, "1000", "--from", ALICE)
        self.json("send", token, "transfer(address,uint256)", BOB, "400", "--private-key", ALICE_KEY)
        self.assertEqual(self.loft("call", token, "balanceOf(address)(uint256)", BOB, "--text"), "400\n")
        self.assertEqual(self.json("call", token, "balanceOf(address)(uint256)", BOB), ["400"])
        for event in (TRANSFER, "Transfer(address,address,uint256)"):
            logs = [json.loads(line) for line in
                    self.loft("logs", "--address", token, "--event", event).splitlines()]
            self.assertEqual(len(logs), 2)
            values = logs[1]["arguments"]
            values = list(values.values()) if isinstance(values, dict) else values
            self.assertEqual([v.lower() for v in values], [ALICE, BOB, "400"])
        to_bob = self.loft("logs", "--address", token, "--event", TRANSFER, "--topic", "any", "--topic", BOB)
        self.assertEqual(len(to_bob.splitlines()), 1)
        text = self.loft("logs", "--address", token, "--event", TRANSFER, "--text")
        self.assertIn("value", text)

    def test_what_the_contract_refuses_is_said(self):
        token = self.deploy()
        self.loft("send", token, "transfer(address,uint256)", BOB, "5", "--private-key", ALICE_KEY, expect=1)
        self.assertIn("reverted", self.errors)
        failed = self.loft("send", token, "transfer(address,uint256)", BOB, "5", "--private-key", ALICE_KEY,
                           "--gas", "100000", expect=1)
        self.assertEqual(json.loads(failed)["status"], "0x0")
        self.loft("call", token, "transfer(address,uint256)(bool)", BOB, "5", expect=1)
        self.loft("call", BOB, "name()(string)", expect=1)
        self.assertIn("is there a contract?", self.errors)

    def test_well_known_errors_have_their_names(self):
        error = "e450d38c" + ALICE[2:].rjust(64, "0") + f"{1:064x}{5:064x}"  # ERC-6093's, of four bytes and three words
        self.client.call("anvil_setCode", "0x" + "e5" * 20, "0x6064600a5f3960645ffd" + error)
        said = "ERC20InsufficientBalance(sender: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, balance: 1, needed: 5)"
        self.loft("call", "0x" + "e5" * 20, "transfer(address,uint256)(bool)", BOB, "5", expect=1)
        self.assertIn(said, self.errors)
        self.loft("send", "0x" + "e5" * 20, "transfer(address,uint256)", BOB, "5", "--private-key", ALICE_KEY, expect=1)
        self.assertIn(said, self.errors)

    def test_a_trace_is_a_tree_with_gas(self):
        token = self.deploy()
        self.json("send", token, "mint(address,uint256)", ALICE, "10", "--from", ALICE)
        receipt = self.json("send", token, "transfer(address,uint256)", BOB, "5", "--from", ALICE)
        frame = self.json("trace", receipt["transactionHash"])
        self.assertEqual((frame["type"], frame["to"]), ("CALL", token))
        text = self.loft("trace", receipt["transactionHash"], "--text")
        self.assertRegex(text, f"CALL {token} 0xa9059cbb  [0-9,]+ gas")

    def test_deploy_takes_code_and_a_constructor(self):
        code = json.loads(TOKEN.read_text())["bytecode"]
        path = self.folder + "/code.hex"
        pathlib.Path(path).write_text(code)
        receipt = self.json("deploy", "@" + path, "A", "B", BOB, "--constructor", "(string,string,address)",
                            "--from", ALICE)
        owner = self.json("call", receipt["contractAddress"], "owner()(address)")
        self.assertEqual(owner[0].lower(), BOB)
        self.loft("deploy", str(TOKEN), "A", "--from", ALICE, expect=1)


class Token(CliTest):
    def test_what_changes_needs_the_token(self):
        secret = self.folder + "/secret"
        pathlib.Path(secret).write_text("0123456789abcdef0123456789abcdef\n")
        node = Node([str(BIN / "loftd"), "--port", "0", "--temporary", "--quiet", "--rpc-token", secret], self.folder)
        self.addCleanup(node.kill)
        node.start()
        url = ("--rpc-url", f"http://127.0.0.1:{node.port}")
        self.assertEqual(self.json("chain", "id", *url), 31337)
        self.loft("send", BOB, "--value", "1", "--from", ALICE, *url, expect=1)
        self.json("send", BOB, "--value", "1", "--from", ALICE, *url, "--token", "@" + secret)
        self.loft("send", BOB, "--value", "1", "--from", ALICE, *url, "--token", "wrong", expect=1)
        self.json("send", BOB, "--value", "1", "--from", ALICE, *url,
                  environment={"LOFT_RPC_TOKEN": "0123456789abcdef0123456789abcdef"})


class Failing(CliTest):
    def free_port(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            return unused.getsockname()[1]

    def test_no_node_is_status_2(self):
        self.loft("chain", "id", "--rpc-url", f"http://127.0.0.1:{self.free_port()}", expect=2)
        self.loft("chain", "id", "--rpc-url", "unix:/nonexistent/socket", expect=2)

    def test_a_silent_node_is_status_4(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            self.loft("chain", "id", "--timeout", "1", "--rpc-url", f"http://127.0.0.1:{silent.getsockname()[1]}",
                      expect=4)

    def test_a_receipt_that_does_not_come_is_status_4(self):
        self.loft("tx", "receipt", "0x" + "11" * 32, expect=1)
        self.loft("tx", "receipt", "0x" + "11" * 32, "--wait", "--timeout", "1", expect=4)

    def test_wrong_usage_is_status_3(self):
        for words in (["nothing"], ["chain"], ["chain", "nothing"], ["call"], ["block", "1", "2"],
                      ["block", "--nothing"], ["tx", "show", "0x12"], ["chain", "id", "--timeout", "0"],
                      ["chain", "id", "--rpc-url", "ftp://127.0.0.1/"], ["chain", "id", "--rpc-url"]):
            self.loft(*words, expect=3)

    def test_options_stand_before_the_command_too(self):
        url = f"http://127.0.0.1:{self.node.port}"
        for words in (["--rpc-url", url, "chain", "id"], ["--json", f"--rpc-url={url}", "chain", "id"],
                      ["--rpc-url", url, "chain", "id", "--json"]):
            self.assertEqual(self.json(*words, environment={"LOFT_RPC_URL": "http://127.0.0.1:1"}), 31337)

    def test_the_nearest_name_is_offered(self):
        for words, hint in ((["chian", "id"], "is it chain id?"), (["chain", "idd"], "is it chain id?"),
                            (["blok", "1"], "is it block?"), (["chain", "id", "--rpc-ul", "x"], "is it --rpc-url?"),
                            (["--rpc-ul", "x", "chain", "id"], "is it --rpc-url?"), (["account"], "account list")):
            self.loft(*words, expect=3)
            self.assertIn(hint, self.errors, words)

    def test_a_file_of_another_chain_is_said_to_be_one(self):
        path = os.path.join(self.folder, "blocks.rlp")
        self.client.call("evm_mine")
        self.loft("export", path)
        self.loft("import", path, "--data-dir", os.path.join(self.folder, "other"), "--timestamp", "1000", expect=1)
        self.assertIn("is of another chain", self.errors)

    def test_what_a_node_says_cannot_move_the_cursor(self):
        import http.server
        import threading

        class Hostile(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"\\u001b[2Jgone"}}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Hostile)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            self.loft("chain", "id", "--rpc-url", f"http://127.0.0.1:{server.server_port}", expect=1)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        self.assertIn("gone", self.errors)
        self.assertNotIn("\x1b", self.errors)


class Showing(CliTest):
    def on_terminal(self, *words, **environment):
        env = dict(os.environ, LOFT_RPC_URL=f"http://127.0.0.1:{self.node.port}", **environment)
        try:
            leader, follower = pty.openpty()
        except OSError:
            self.skipTest("this machine has no terminals to give (/dev/pts)")
        subprocess.run([str(BIN / "loft"), *words], stdout=follower, stderr=subprocess.DEVNULL, env=env, timeout=60)
        os.close(follower)
        output = b""
        try:
            while chunk := os.read(leader, 65536):
                output += chunk
        except OSError:
            pass
        os.close(leader)
        return output.decode()

    def test_a_terminal_gets_a_table_with_colours_unless_told_not_to(self):
        self.assertIn("\x1b[", self.on_terminal("block", "0"))
        plain = self.on_terminal("block", "0", NO_COLOR="1")
        self.assertNotIn("\x1b", plain)
        self.assertIn("state root", plain)
        self.assertTrue(self.on_terminal("block", "0", "--json").startswith("{"))

    def test_manual_pages_are_clean_and_name_everything(self):
        for program, names in (("loft", ["loft send", "NODE", "EXIT STATUS"]), ("loftd", ["chain", "FILES"])):
            page = subprocess.run([str(BIN / program), "--print-man"], capture_output=True, text=True, check=True)
            if shutil.which("groff"):
                done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z"], input=page.stdout, text=True,
                                      capture_output=True, check=True)
                self.assertEqual(done.stderr, "")
            for name in names:
                self.assertIn(name.replace("-", "\\-"), page.stdout)

    def test_completion_is_what_the_shell_reads(self):
        for shell, check in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "-n"])):
            for program in ("loft", "loftd"):
                text = subprocess.run([str(BIN / program), "--print-completion", shell], capture_output=True, text=True,
                                      check=True).stdout
                path = pathlib.Path(self.folder, f"{program}.{shell}")
                path.write_text(text)
                if shutil.which(check[0]):
                    subprocess.run([*check, str(path)], check=True)
        self.loft("--print-completion", "csh", expect=3)

    def complete(self, program, *words):
        """What bash would offer after these words."""
        script = (f"source {self.folder}/{program}.bash; COMP_WORDS=({' '.join(map(repr, words))}); "
                  f"COMP_CWORD={len(words) - 1}; _{program}; echo \"${{COMPREPLY[*]}}\"")
        text = subprocess.run([str(BIN / program), "--print-completion", "bash"], capture_output=True, text=True).stdout
        pathlib.Path(self.folder, f"{program}.bash").write_text(text)
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()

    def test_bash_completes_nouns_verbs_options_and_choices(self):
        self.assertEqual(self.complete("loft", "loft", "bl"), ["block", "blocktest"])
        self.assertEqual(self.complete("loft", "loft", "chain", "i"), ["info", "id"])
        self.assertEqual(self.complete("loft", "loft", "block", "--fu"), ["--full"])
        self.assertEqual(self.complete("loftd", "loftd", "--durability", "g"), ["group"])
        self.assertEqual(self.complete("loftd", "loftd", "--chain"), ["--chain-id"])

    @unittest.skipUnless(shutil.which("fish"), "no fish")
    def test_fish_completes_the_same(self):
        for program, line, wanted in (("loft", "loft bl", ["block", "blocktest"]), ("loft", "loft block --fu", ["--full"]),
                                      ("loftd", "loftd --chain", ["--chain-id"])):
            text = subprocess.run([str(BIN / program), "--print-completion", "fish"], capture_output=True, text=True).stdout
            path = pathlib.Path(self.folder, f"{program}.fish")
            path.write_text(text)
            offered = subprocess.run(["fish", "--no-config", "-c", f"source {path}; complete -C '{line}'"], text=True,
                                     capture_output=True, check=True, env={**os.environ, "HOME": self.folder}).stdout
            self.assertEqual([choice.split("\t")[0] for choice in offered.splitlines()], wanted)

    def test_the_printed_configuration_is_one(self):
        first = subprocess.run([str(BIN / "loftd"), "--print-config", "--port", "7"], capture_output=True, text=True,
                               check=True).stdout
        path = pathlib.Path(self.folder, "loftd.toml")
        path.write_text(first)
        second = subprocess.run([str(BIN / "loftd"), "--print-config", "--config", str(path)], capture_output=True,
                                text=True, check=True).stdout
        self.assertEqual(first, second)
        self.assertTrue(re.search(r"^port = 7$", first, re.M))


if __name__ == "__main__":
    if not (BIN / "loftd").exists():
        print(f"no loftd in {BIN}: skipped")
        sys.exit(77)
    unittest.main()
