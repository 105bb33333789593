// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ITurnGame} from "./ITurnGame.sol";

/// @title Four in a row: seven columns, six rows, four discs in a line win
/// @notice A state is 16 bytes: the first player's discs, then the second's,
/// each a big-endian 64-bit set. A move is one byte, the column from 0 to 6.
/// @dev Column c, row r (from below) is bit 7c + r of a set. Bit 7c + 6 stays
/// clear: a line that is shifted past the top of a column falls into that gap
/// instead of the next column, and adding BOTTOM to the occupied cells carries
/// through a column's discs to the first free cell, or to the gap of a full one.
contract FourInARow is ITurnGame {
    /// @notice The state is not 16 bytes, or no sequence of drops stacks so.
    error MalformedState();
    /// @notice The move is not one byte from 0 to 6.
    error NoSuchColumn();
    /// @notice Six discs lie in the column.
    error ColumnFull(uint8 column);
    /// @notice The game has ended.
    error GameOver(Outcome result);

    uint64 private constant BOTTOM = 0x40810204081; // the lowest cell of each column
    uint64 private constant CELLS = BOTTOM * 0x3f; // all 42
    uint256 private constant COLUMNS = 7;
    uint256 private constant STATE_BYTES = 16;

    struct Board {
        uint64 first;
        uint64 second;
    }

    /// @inheritdoc ITurnGame
    function start() external pure returns (bytes memory state) {
        return _encode(Board(0, 0));
    }

    /// @inheritdoc ITurnGame
    function turn(bytes calldata state) external pure returns (uint8 player) {
        return _firstToMove(_decode(state)) ? 0 : 1;
    }

    /// @inheritdoc ITurnGame
    function outcome(bytes calldata state) external pure returns (Outcome) {
        return _outcome(_decode(state));
    }

    /// @inheritdoc ITurnGame
    function play(bytes calldata state, bytes calldata move)
        external
        pure
        returns (bytes memory next, Outcome result)
    {
        Board memory board = _decode(state);
        result = _outcome(board);
        if (result != Outcome.Running) revert GameOver(result);
        if (move.length != 1 || uint8(move[0]) >= COLUMNS) revert NoSuchColumn();

        uint8 column = uint8(move[0]);
        uint64 cell = _landings(board) & (uint64(0x3f) << (7 * column));
        if (cell == 0) revert ColumnFull(column);
        if (_firstToMove(board)) board.first |= cell;
        else board.second |= cell;
        return (_encode(board), _outcome(board));
    }

    /// @inheritdoc ITurnGame
    function validTransition(bytes calldata from, bytes calldata to) external pure returns (bool) {
        Board memory a = _decode(from);
        Board memory b = _decode(to);
        if (_outcome(a) != Outcome.Running) return false;
        (uint64 mover, uint64 moved, uint64 idle, uint64 rested) =
            _firstToMove(a) ? (a.first, b.first, a.second, b.second) : (a.second, b.second, a.first, b.first);
        if (idle != rested) return false;
        uint64 dropped = mover ^ moved;
        return dropped != 0 && (dropped & (dropped - 1)) == 0 && (dropped & _landings(a)) == dropped;
    }

    function _encode(Board memory board) private pure returns (bytes memory) {
        return abi.encodePacked(board.first, board.second);
    }

    function _decode(bytes calldata state) private pure returns (Board memory board) {
        if (state.length != STATE_BYTES) revert MalformedState();
        board = Board(uint64(bytes8(state[:8])), uint64(bytes8(state[8:])));
        uint64 occupied = board.first | board.second;
        if ((board.first & board.second) != 0 || (occupied & ~CELLS) != 0) revert MalformedState();
        (uint256 first, uint256 second) = (_count(board.first), _count(board.second));
        if (first != second && first != second + 1) revert MalformedState();
        // With nothing floating, the carries meet no disc above a free cell.
        if (((occupied + BOTTOM) & occupied) != 0) revert MalformedState();
    }

    /// @dev The cell in each column where a disc would come to rest.
    function _landings(Board memory board) private pure returns (uint64) {
        return ((board.first | board.second) + BOTTOM) & CELLS;
    }

    function _firstToMove(Board memory board) private pure returns (bool) {
        return _count(board.first) == _count(board.second);
    }

    function _outcome(Board memory board) private pure returns (Outcome) {
        if (_hasFour(board.first)) return Outcome.FirstWins;
        if (_hasFour(board.second)) return Outcome.SecondWins;
        return (board.first | board.second) == CELLS ? Outcome.Draw : Outcome.Running;
    }

    /// @dev A line of four survives two foldings: pairs, then pairs of pairs.
    function _hasFour(uint64 discs) private pure returns (bool) {
        return _hasLine(discs, 1) || _hasLine(discs, 7) || _hasLine(discs, 6) || _hasLine(discs, 8);
    }

    function _hasLine(uint64 discs, uint8 step) private pure returns (bool) {
        uint64 pairs = discs & (discs >> step);
        return (pairs & (pairs >> (2 * step))) != 0;
    }

    function _count(uint64 discs) private pure returns (uint256 count) {
        for (; discs != 0; ++count) {
            discs &= discs - 1;
        }
    }
}
