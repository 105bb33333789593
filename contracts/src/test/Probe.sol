// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title Does on request what clients and nodes must agree about
/// @notice For tests: every kind of failure, log, storage access, creation and
/// environment reading, each behind one function.
contract Probe {
    error Refused(address caller, uint256 code);

    event Note(uint256 indexed topic, address indexed sender, bytes data);
    event Plain(uint256 value);
    event Anonymous(uint256 indexed value) anonymous;

    mapping(uint256 key => uint256) public stored;
    uint256[] public list;
    bytes public blob;
    uint256 private transient _scratch;

    constructor() payable {}

    receive() external payable {
        emit Plain(msg.value);
    }

    function failWithText(string calldata text) external pure {
        revert(text);
    }

    function failWithError(uint256 code) external view {
        revert Refused(msg.sender, code);
    }

    function failBare() external pure {
        revert();
    }

    function failPanic(uint256 a, uint256 b) external pure returns (uint256) {
        return a / b;
    }

    function failInvalid() external pure {
        assembly ("memory-safe") {
            invalid()
        }
    }

    /// @notice Writes, then fails: nothing of it may remain.
    function failAfterWriting(uint256 key, uint256 value) external {
        stored[key] = value;
        emit Plain(value);
        revert Refused(msg.sender, value);
    }

    function put(uint256 key, uint256 value) external {
        stored[key] = value;
    }

    function putMany(uint256 from, uint256 count, uint256 value) external {
        for (uint256 i; i < count; ++i) {
            stored[from + i] = value;
        }
    }

    function push(uint256 value) external {
        list.push(value);
    }

    function pop() external {
        list.pop();
    }

    function setBlob(bytes calldata data) external {
        blob = data;
    }

    function note(uint256 topic, bytes calldata data) external {
        emit Note(topic, msg.sender, data);
        emit Anonymous(topic);
    }

    function noteMany(uint256 count) external {
        for (uint256 i; i < count; ++i) {
            emit Plain(i);
        }
    }

    /// @notice A child by CREATE, or by CREATE2 where `salt` is not zero.
    function create(bytes32 salt, bytes calldata code) external payable returns (address child) {
        bytes memory init = code;
        assembly ("memory-safe") {
            switch salt
            case 0 { child := create(callvalue(), add(init, 0x20), mload(init)) }
            default { child := create2(callvalue(), add(init, 0x20), mload(init), salt) }
        }
        emit Note(uint256(salt), child, "");
    }

    /// @notice Sends value and data on; what came back is returned, not judged.
    function forward(address to, uint256 value, bytes calldata data)
        external
        payable
        returns (bool ok, bytes memory result)
    {
        (ok, result) = to.call{value: value}(data);
        emit Note(ok ? 1 : 0, to, result);
    }

    /// @notice Burns gas: `rounds` hashes, each of the one before.
    function churn(uint256 rounds) external pure returns (bytes32 hash) {
        for (uint256 i; i < rounds; ++i) {
            hash = keccak256(abi.encode(hash, i));
        }
    }

    /// @notice Transient storage: zero again in each transaction.
    function transientCount() external returns (uint256 before, uint256 afterwards) {
        before = _scratch;
        _scratch = before + 1;
        afterwards = _scratch;
        stored[0] = afterwards;
    }

    /// @notice A precompiled contract's answer.
    function precompile(address contract_, bytes calldata input)
        external
        view
        returns (bool ok, bytes memory output)
    {
        return contract_.staticcall(input);
    }

    function environment()
        external
        view
        returns (uint256 chain, uint256 number, uint256 time, uint256 limit, uint256 baseFee, address coinbase, uint256 price, address origin)
    {
        return (block.chainid, block.number, block.timestamp, block.gaslimit, block.basefee, block.coinbase, tx.gasprice, tx.origin);
    }

    /// @notice EIP-6780: only a contract made in the same transaction goes.
    function vanish(address payable heir) external {
        selfdestruct(heir);
    }
}
