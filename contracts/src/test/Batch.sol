// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title Calls in a row, for an account that delegates its code here (EIP-7702)
/// @notice For tests. Only the account itself may ask, so a delegation hands
/// nobody else the account's money.
contract Batch {
    struct Call {
        address to;
        uint256 value;
        bytes data;
    }

    error NotSelf(address caller);
    error CallFailed(uint256 index, bytes reason);

    event Executed(address indexed account, uint256 calls);

    receive() external payable {}

    function execute(Call[] calldata calls) external payable {
        if (msg.sender != address(this)) revert NotSelf(msg.sender);
        for (uint256 i; i < calls.length; ++i) {
            (bool ok, bytes memory reason) = calls[i].to.call{value: calls[i].value}(calls[i].data);
            if (!ok) revert CallFailed(i, reason);
        }
        emit Executed(address(this), calls.length);
    }
}
