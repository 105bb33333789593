// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {console} from "hardhat/console.sol";

/// Says what it does, to whoever runs the node.
contract Talk {
    event Said(string what);

    function say(string calldata what) external {
        console.log("%s says %s, gas left: %s", msg.sender, what, gasleft() > 0);
        emit Said(what);
    }
}
