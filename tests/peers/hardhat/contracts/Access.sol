// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

contract Till is AccessManaged {
    uint256 public taken;

    event Taken(address indexed by, uint256 amount);

    constructor(address manager) AccessManaged(manager) {}

    function take(uint256 amount) external restricted {
        taken += amount;
        emit Taken(msg.sender, amount);
    }
}
