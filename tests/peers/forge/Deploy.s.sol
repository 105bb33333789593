// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";

/// What the script needs of forge.
interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

contract Coin is ERC20 {
    constructor() ERC20("Coin", "COIN") {
        _mint(msg.sender, 1000 ether);
    }
}

contract Purse is Initializable, AccessManaged {
    ERC20 public coin;

    constructor(address manager) AccessManaged(manager) {
        _disableInitializers();
    }

    function initialize(address manager, ERC20 coin_) external initializer {
        _setAuthority(manager);
        coin = coin_;
    }

    function pay(address to, uint256 amount) external restricted {
        coin.transfer(to, amount);
    }
}

contract Deploy {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint64 private constant PAYER = 1;

    function run() external returns (Coin coin, Purse purse, AccessManager manager) {
        VM.startBroadcast();
        manager = new AccessManager(msg.sender);
        coin = new Coin();
        Purse behind = new Purse{salt: bytes32(uint256(7))}(address(manager));
        purse = Purse(address(new ERC1967Proxy(address(behind), abi.encodeCall(Purse.initialize, (address(manager), coin)))));
        coin.transfer(address(purse), 100 ether);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = Purse.pay.selector;
        manager.setTargetFunctionRole(address(purse), selectors, PAYER);
        manager.grantRole(PAYER, msg.sender, 0);
        purse.pay(address(0xbeef), 40 ether);
        VM.stopBroadcast();
        require(coin.balanceOf(address(0xbeef)) == 40 ether, "nothing arrived");
    }

    function rob() external {
        VM.startBroadcast();
        new Coin().transfer(address(0xbeef), 1001 ether);
        VM.stopBroadcast();
    }
}
