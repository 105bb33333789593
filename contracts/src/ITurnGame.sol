// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title Rules of a two-player turn game, as pure functions of encoded states
/// @notice A game keeps nothing: states go in and come out as bytes. So one
/// deployed contract serves a table on a chain (GameTable) and a channel in
/// which the players exchange signed states and the chain only referees.
/// @dev Player 0 moves first. A state that these functions did not make is
/// refused by all of them with an error of the game's own.
interface ITurnGame {
    /// @notice How a state stands.
    enum Outcome {
        Running,
        FirstWins,
        SecondWins,
        Draw
    }

    /// @notice The state before the first move.
    function start() external pure returns (bytes memory state);

    /// @notice Whose move it is: 0 or 1. Meaningless once the game is over.
    function turn(bytes calldata state) external pure returns (uint8 player);

    /// @notice Whether the game is over in `state`, and for whom.
    function outcome(bytes calldata state) external pure returns (Outcome);

    /// @notice The state after the player whose turn it is makes `move`.
    /// @dev Reverts when the rules forbid the move or the game is over.
    function play(bytes calldata state, bytes calldata move) external pure returns (bytes memory next, Outcome result);

    /// @notice Whether some legal move leads from one state to the other: what
    /// a channel asks about two consecutive signed states.
    function validTransition(bytes calldata from, bytes calldata to) external pure returns (bool);
}
