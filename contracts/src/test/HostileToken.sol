// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token that misbehaves as told
/// @notice For tests of contracts that hold tokens: it keeps a fee, refuses a
/// payee, or calls somebody in the middle of a transfer.
contract HostileToken is ERC20 {
    error Banned(address account);

    uint256 public fee; // of each transfer, gone from what arrives
    address public banned; // receives nothing
    address public callee; // called during each transfer
    bytes public callData;

    constructor() ERC20("Hostile", "HOST") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    function ban(address account) external {
        banned = account;
    }

    function callDuringTransfer(address callee_, bytes calldata data) external {
        callee = callee_;
        callData = data;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (to == banned && to != address(0)) revert Banned(to);
        if (from == address(0)) return super._update(from, to, amount);
        if (callee != address(0)) {
            (bool ok, bytes memory reason) = callee.call(callData);
            if (!ok) {
                assembly ("memory-safe") {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
        }
        super._update(from, to, amount - fee);
        if (fee != 0) super._update(from, address(0), fee);
    }
}
