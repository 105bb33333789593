// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// Fails in every way that Solidity has.
contract Mishaps {
    error NotToday(address who, uint256 when);
    error Bare();

    event Went(address indexed who, uint256 value, string note);

    uint256[] private list;
    uint256 public count;

    constructor(bool fails) payable {
        require(!fails, "not even born");
    }

    receive() external payable {}

    function go(uint256 value, string calldata note) external payable {
        ++count;
        emit Went(msg.sender, value, note);
    }

    function because(string calldata reason) external {
        ++count;
        revert(reason);
    }

    function custom(uint256 when) external {
        ++count;
        revert NotToday(msg.sender, when);
    }

    function bare() external {
        ++count;
        revert Bare();
    }

    function silent() external {
        ++count;
        revert();
    }

    function overflow(uint256 by) external {
        count = type(uint256).max;
        count += by;
    }

    function divide(uint256 by) external {
        count = 1 / by;
    }

    function beyond() external {
        count = list[7];
    }

    function claim(bool yes) external {
        assert(yes);
        ++count;
    }

    function burn() external {
        while (true) ++count;
    }

    function nested(string calldata reason) external {
        Mishaps(this).because(reason);
    }
}
