// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ITurnGame} from "./ITurnGame.sol";

/// @title Tables at which two players play one game for equal stakes
/// @notice The first player opens a table, the second joins it, and each puts
/// the stake down. The winner is credited both stakes; a draw gives each its
/// own back. Who lets the clock run out, or resigns, loses. Credits are taken
/// out by withdraw().
/// @dev The table knows clocks and money, the game knows the rules, and neither
/// knows the other's part. The token and the game are chosen at deployment and
/// trusted to that extent: a token must move exactly what it is told to, and one
/// that keeps a fee is refused at the deposit. At all times the tokens held are
/// at least the sum of all credits and of the stakes at unsettled tables.
contract GameTable is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Where a table is in its life, in this order.
    enum Phase {
        None,
        Open,
        Playing,
        Settled
    }

    /// @notice What brought a table to its end.
    enum Ending {
        Rules,
        Timeout,
        Resignation,
        Cancelled
    }

    /// @dev Three storage slots and the state's, which is one where it is short.
    struct Table {
        address first;
        uint48 deadline; // Unix seconds: the last at which the mover may move
        uint32 moveSeconds;
        Phase phase;
        address second; // while Open: who alone may join; zero for anyone
        uint96 stake; // of each player
        bytes state;
    }

    event TableOpened(
        uint256 indexed id, address indexed first, address indexed second, uint96 stake, uint32 moveSeconds
    );
    event TableJoined(uint256 indexed id, address indexed second, uint48 deadline);
    event Moved(uint256 indexed id, address indexed player, bytes move, bytes state, uint48 deadline);
    /// @notice `winner` is zero where each got its own stake back.
    event TableSettled(uint256 indexed id, address indexed winner, Ending ending);
    event Withdrawn(address indexed player, uint256 amount);

    error WrongPhase(uint256 id, Phase phase);
    error NotYourTurn(uint256 id, address mover);
    error NotAPlayer(uint256 id, address caller);
    error NotInvited(uint256 id, address caller);
    error StakeDiffers(uint256 id, uint96 stake);
    error StakeIsZero();
    error MoveTimeOutOfRange(uint32 moveSeconds);
    error DeadlinePassed(uint256 id, uint48 deadline);
    error DeadlineNotPassed(uint256 id, uint48 deadline);
    error DepositDiffers(uint256 received, uint256 expected);
    error NothingToWithdraw(address player);

    /// @notice The bounds of a move's time: long enough for a transaction to
    /// be mined, short enough that a vanished player does not lock the stakes.
    uint32 public constant MOVE_SECONDS_MIN = 10;
    uint32 public constant MOVE_SECONDS_MAX = 30 days;

    IERC20 public immutable token;
    ITurnGame public immutable game;

    /// @notice How many tables were ever opened; ids run from 1.
    uint256 public tableCount;
    /// @notice What each player may withdraw.
    mapping(address player => uint256) public credit;
    mapping(uint256 id => Table) private _tables;

    constructor(IERC20 token_, ITurnGame game_) {
        token = token_;
        game = game_;
    }

    /// @notice Opens a table and deposits the caller's stake.
    /// @param stake What each player puts down, in the token's smallest unit.
    /// @param opponent Who alone may join; zero for whoever comes first.
    /// @param moveSeconds How long a player may think about one move.
    function open(uint96 stake, address opponent, uint32 moveSeconds) external nonReentrant returns (uint256 id) {
        if (stake == 0) revert StakeIsZero();
        if (moveSeconds < MOVE_SECONDS_MIN || moveSeconds > MOVE_SECONDS_MAX) revert MoveTimeOutOfRange(moveSeconds);
        if (opponent == msg.sender) revert NotInvited(tableCount + 1, opponent);

        id = ++tableCount;
        Table storage table = _tables[id];
        table.first = msg.sender;
        table.second = opponent;
        table.stake = stake;
        table.moveSeconds = moveSeconds;
        table.phase = Phase.Open;
        emit TableOpened(id, msg.sender, opponent, stake, moveSeconds);
        _deposit(stake);
    }

    /// @notice Takes the second seat and deposits the same stake; the first
    /// player's clock starts.
    /// @param stake What the caller expects to put down. Another table may have
    /// taken this id in a reorganised chain, and then this call changes nothing.
    function join(uint256 id, uint96 stake) external nonReentrant {
        Table storage table = _inPhase(id, Phase.Open);
        if (stake != table.stake) revert StakeDiffers(id, table.stake);
        bool invited = table.second == address(0) || table.second == msg.sender;
        if (!invited || msg.sender == table.first) revert NotInvited(id, msg.sender);

        table.second = msg.sender;
        table.phase = Phase.Playing;
        table.state = game.start();
        uint48 deadline = _restartClock(table);
        emit TableJoined(id, msg.sender, deadline);
        _deposit(stake);
    }

    /// @notice Takes back a table that nobody has joined; for who opened it.
    function cancel(uint256 id) external {
        Table storage table = _inPhase(id, Phase.Open);
        if (msg.sender != table.first) revert NotAPlayer(id, msg.sender);
        table.phase = Phase.Settled;
        credit[msg.sender] += table.stake;
        emit TableSettled(id, address(0), Ending.Cancelled);
    }

    /// @notice Moves, within the time allowed, for the player whose turn it is.
    function play(uint256 id, bytes calldata move) external {
        Table storage table = _inPhase(id, Phase.Playing);
        bytes memory state = table.state;
        address mover = _mover(table, state);
        if (msg.sender != mover) revert NotYourTurn(id, mover);
        if (block.timestamp > table.deadline) revert DeadlinePassed(id, table.deadline);

        (bytes memory next, ITurnGame.Outcome result) = game.play(state, move);
        table.state = next;
        uint48 deadline = _restartClock(table);
        emit Moved(id, msg.sender, move, next, deadline);
        if (result != ITurnGame.Outcome.Running) _settleByRules(id, table, result);
    }

    /// @notice Ends a game whose mover has let the deadline pass. Anyone may
    /// call, as nobody but the other player gains by it.
    function claimTimeout(uint256 id) external {
        Table storage table = _inPhase(id, Phase.Playing);
        if (block.timestamp <= table.deadline) revert DeadlineNotPassed(id, table.deadline);
        address late = _mover(table, table.state);
        _settleFor(id, table, late == table.first ? table.second : table.first, Ending.Timeout);
    }

    /// @notice Gives the game up, whosever turn it is.
    function resign(uint256 id) external {
        Table storage table = _inPhase(id, Phase.Playing);
        if (msg.sender == table.first) _settleFor(id, table, table.second, Ending.Resignation);
        else if (msg.sender == table.second) _settleFor(id, table, table.first, Ending.Resignation);
        else revert NotAPlayer(id, msg.sender);
    }

    /// @notice Pays the caller all of its credit.
    /// @dev Pulled, not pushed, so that a player whom the token refuses to pay
    /// cannot keep the other from being paid.
    function withdraw() external nonReentrant returns (uint256 amount) {
        amount = credit[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        credit[msg.sender] = 0;
        emit Withdrawn(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @notice A table as it stands; all zero for an id never given out.
    function tableOf(uint256 id) external view returns (Table memory) {
        return _tables[id];
    }

    function _inPhase(uint256 id, Phase phase) private view returns (Table storage table) {
        table = _tables[id];
        if (table.phase != phase) revert WrongPhase(id, table.phase);
    }

    function _mover(Table storage table, bytes memory state) private view returns (address) {
        return game.turn(state) == 0 ? table.first : table.second;
    }

    /// @dev 48 bits of seconds and 30 days more do not overflow before the year
    /// 8,000,000.
    function _restartClock(Table storage table) private returns (uint48 deadline) {
        deadline = uint48(block.timestamp) + table.moveSeconds;
        table.deadline = deadline;
    }

    function _settleByRules(uint256 id, Table storage table, ITurnGame.Outcome result) private {
        if (result == ITurnGame.Outcome.FirstWins) {
            _settleFor(id, table, table.first, Ending.Rules);
        } else if (result == ITurnGame.Outcome.SecondWins) {
            _settleFor(id, table, table.second, Ending.Rules);
        } else {
            table.phase = Phase.Settled;
            credit[table.first] += table.stake;
            credit[table.second] += table.stake;
            emit TableSettled(id, address(0), Ending.Rules);
        }
    }

    function _settleFor(uint256 id, Table storage table, address winner, Ending ending) private {
        table.phase = Phase.Settled;
        credit[winner] += 2 * uint256(table.stake);
        emit TableSettled(id, winner, ending);
    }

    /// @dev Last in its caller, after all effects. The check behind the call is
    /// why deposits and withdrawals exclude one another.
    function _deposit(uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert DepositDiffers(received, amount);
    }
}
