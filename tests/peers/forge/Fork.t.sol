// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Coin} from "./Deploy.s.sol";

/// What the test needs of forge.
interface ForkVm {
    function createSelectFork(string calldata url, uint256 number) external returns (uint256);
    function rollFork(uint256 number) external;
    function rollFork(bytes32 transaction) external;
    function transact(bytes32 transaction) external;
    function envAddress(string calldata name) external view returns (address);
    function envBytes32(string calldata name) external view returns (bytes32);
    function envString(string calldata name) external view returns (string memory);
    function envUint(string calldata name) external view returns (uint256);
    function prank(address who) external;
}

/// forge's own chain as a fork of a node's: one block, another, and right
/// before and after a transaction that pays 7 to 0xcafe.
contract ForkTest {
    ForkVm private constant VM = ForkVm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address private constant PAID = address(0xcafe);

    function testBlocksAndTransactions() external {
        Coin coin = Coin(VM.envAddress("COIN"));
        uint256 number = VM.envUint("NUMBER");
        VM.createSelectFork(VM.envString("NODE_URL"), number - 1);
        require(block.number == number - 1 && coin.balanceOf(PAID) == 0, "the block before");
        VM.rollFork(number);
        require(block.number == number && coin.balanceOf(PAID) == 7, "the block");
        VM.rollFork(VM.envBytes32("PAYMENT"));
        require(coin.balanceOf(PAID) == 0, "before the payment");
        VM.transact(VM.envBytes32("PAYMENT"));
        require(coin.balanceOf(PAID) == 7, "after the payment");
    }

    function testItGoesItsOwnWay() external {
        Coin coin = Coin(VM.envAddress("COIN"));
        VM.createSelectFork(VM.envString("NODE_URL"), VM.envUint("NUMBER"));
        VM.prank(PAID);
        coin.transfer(address(this), 5);
        require(coin.balanceOf(PAID) == 2 && coin.balanceOf(address(this)) == 5, "the transfer");
    }
}
