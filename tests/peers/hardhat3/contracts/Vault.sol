// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

contract Coin is ERC20, Ownable {
    constructor(address owner) ERC20("Coin", "COIN") Ownable(owner) {}

    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }
}

/// Keeps coins until a time; stands behind a proxy.
contract Vault is Initializable {
    error TooEarly(uint256 now_, uint256 until);
    error NotYours(address who);

    event Released(address indexed to, uint256 amount);

    ERC20 public coin;
    address public owner;
    uint256 public until;

    function initialize(ERC20 coin_, address owner_, uint256 until_) external initializer {
        (coin, owner, until) = (coin_, owner_, until_);
    }

    function release(uint256 amount) external {
        if (msg.sender != owner) revert NotYours(msg.sender);
        if (block.timestamp < until) revert TooEarly(block.timestamp, until);
        require(amount > 0, "nothing to release");
        coin.transfer(owner, amount);
        emit Released(owner, amount);
    }

    function share(uint256 of_, uint256 among) external pure returns (uint256) {
        assert(among != 7);
        return of_ / among;
    }
}

/// Named, for deployments that refer to it.
contract VaultProxy is ERC1967Proxy {
    constructor(address implementation, bytes memory data) ERC1967Proxy(implementation, data) {}
}
