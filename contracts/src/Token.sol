// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title An ERC-20 token whose owner issues it
/// @notice OpenZeppelin's ERC-20 with permits (EIP-2612): what the demo plays
/// for and what tests and benchmarks transfer.
contract Token is ERC20, ERC20Permit, Ownable {
    constructor(string memory name_, string memory symbol_, address owner_)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
        Ownable(owner_)
    {}

    /// @notice Issues `amount` to `to`; for the owner alone.
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }
}
