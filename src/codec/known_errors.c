#include "codec/known_errors.h"

#include <string.h>

#include "base/attributes.h"
#include "base/vec.h"
#include "codec/abi.h"
#include "codec/abi_text.h"

static const char *const signatures[] = {
    /* ERC-6093 */
    "ERC20InsufficientBalance(address sender,uint256 balance,uint256 needed)",
    "ERC20InvalidSender(address sender)",
    "ERC20InvalidReceiver(address receiver)",
    "ERC20InsufficientAllowance(address spender,uint256 allowance,uint256 "
    "needed)",
    "ERC20InvalidApprover(address approver)",
    "ERC20InvalidSpender(address spender)",
    "ERC721InvalidOwner(address owner)",
    "ERC721NonexistentToken(uint256 tokenId)",
    "ERC721IncorrectOwner(address sender,uint256 tokenId,address owner)",
    "ERC721InvalidSender(address sender)",
    "ERC721InvalidReceiver(address receiver)",
    "ERC721InsufficientApproval(address operator,uint256 tokenId)",
    "ERC721InvalidApprover(address approver)",
    "ERC721InvalidOperator(address operator)",
    "ERC1155InsufficientBalance(address sender,uint256 balance,uint256 needed,"
    "uint256 tokenId)",
    "ERC1155InvalidSender(address sender)",
    "ERC1155InvalidReceiver(address receiver)",
    "ERC1155MissingApprovalForAll(address operator,address owner)",
    "ERC1155InvalidApprover(address approver)",
    "ERC1155InvalidOperator(address operator)",
    "ERC1155InvalidArrayLength(uint256 idsLength,uint256 valuesLength)",
    /* tokens, beyond it */
    "ERC20ExceededCap(uint256 increasedSupply,uint256 cap)",
    "ERC20ExceededSafeSupply(uint256 increasedSupply,uint256 cap)",
    "ERC2612ExpiredSignature(uint256 deadline)",
    "ERC2612InvalidSigner(address signer,address owner)",
    "ERC4626ExceededMaxDeposit(address receiver,uint256 assets,uint256 max)",
    "ERC4626ExceededMaxMint(address receiver,uint256 shares,uint256 max)",
    "ERC4626ExceededMaxWithdraw(address owner,uint256 assets,uint256 max)",
    "ERC4626ExceededMaxRedeem(address owner,uint256 shares,uint256 max)",
    "ERC721OutOfBoundsIndex(address owner,uint256 index)",
    "SafeERC20FailedOperation(address token)",
    "SafeERC20FailedDecreaseAllowance(address spender,uint256 "
    "currentAllowance,uint256 requestedDecrease)",
    /* access */
    "OwnableUnauthorizedAccount(address account)",
    "OwnableInvalidOwner(address owner)",
    "AccessControlUnauthorizedAccount(address account,bytes32 neededRole)",
    "AccessControlBadConfirmation()",
    "AccessManagedUnauthorized(address caller)",
    "AccessManagedRequiredDelay(address caller,uint32 delay)",
    "AccessManagerUnauthorizedAccount(address msgsender,uint64 roleId)",
    /* guards and calls */
    "EnforcedPause()",
    "ExpectedPause()",
    "ReentrancyGuardReentrantCall()",
    "AddressEmptyCode(address target)",
    "FailedCall()",
    "FailedDeployment()",
    "FailedInnerCall()",
    "InsufficientBalance(uint256 balance,uint256 needed)",
    "InvalidAccountNonce(address account,uint256 currentNonce)",
    "ECDSAInvalidSignature()",
    "ECDSAInvalidSignatureLength(uint256 length)",
    "ECDSAInvalidSignatureS(bytes32 s)",
    "SafeCastOverflowedUintDowncast(uint8 bits,uint256 value)",
    "SafeCastOverflowedIntDowncast(uint8 bits,int256 value)",
    "SafeCastOverflowedIntToUint(int256 value)",
    "SafeCastOverflowedUintToInt(uint256 value)",
    "StringTooLong(string str)",
    /* proxies */
    "InvalidInitialization()",
    "NotInitializing()",
    "ERC1967InvalidImplementation(address implementation)",
    "ERC1967InvalidAdmin(address admin)",
    "ERC1967InvalidBeacon(address beacon)",
    "ERC1967NonPayable()",
    "UUPSUnauthorizedCallContext()",
    "UUPSUnsupportedProxiableUUID(bytes32 slot)",
    "ProxyDeniedAdminAccess()",
    /* governance */
    "ERC5805FutureLookup(uint256 timepoint,uint48 clock)",
    "VotesExpiredSignature(uint256 expiry)",
    "GovernorAlreadyCastVote(address voter)",
    "GovernorDisabledDeposit()",
    "GovernorInsufficientProposerVotes(address proposer,uint256 votes,uint256 "
    "threshold)",
    "GovernorInvalidProposalLength(uint256 targets,uint256 calldatas,uint256 "
    "values)",
    "GovernorInvalidSignature(address voter)",
    "GovernorInvalidVoteType()",
    "GovernorNonexistentProposal(uint256 proposalId)",
    "GovernorOnlyExecutor(address account)",
    "GovernorRestrictedProposer(address proposer)",
    "GovernorUnexpectedProposalState(uint256 proposalId,uint8 current,bytes32 "
    "expectedStates)",
    "TimelockInsufficientDelay(uint256 delay,uint256 minDelay)",
    "TimelockUnauthorizedCaller(address caller)",
    "TimelockUnexecutedPredecessor(bytes32 predecessorId)",
    "TimelockUnexpectedOperationState(bytes32 operationId,bytes32 "
    "expectedStates)",
};

static bool find(struct abi_signature *out, struct arena *arena,
                 const uint8_t selector[4])
{
    for (size_t i = 0; i < ARRAY_LEN(signatures); i++) {
        uint8_t its[4];
        if (abi_signature_read(out, arena, bytes_str(signatures[i])) != LOFT_OK)
            continue;
        abi_selector(its, out);
        if (memcmp(its, selector, sizeof its) == 0)
            return true;
    }
    return false;
}

static void put_arguments(struct buffer *out, const struct abi_value *values)
{
    for (size_t i = 0; i < values->count; i++) {
        buffer_printf(out, "%s", i ? ", " : "");
        buffer_put_bytes(out, values->type->params[i].name);
        buffer_printf(out, ": ");
        abi_put_text(out, &values->items[i]);
    }
}

const char *known_error_text(struct arena *arena, bytes output)
{
    struct abi_signature signature;
    struct abi_value values;
    struct buffer text = {0};
    if (output.len < 4 || !find(&signature, arena, output.at) ||
        abi_decode(&values, arena, signature.inputs,
                   bytes_of(output.at + 4, output.len - 4)) != LOFT_OK)
        return NULL;
    buffer_put_bytes(&text, signature.name);
    buffer_put_byte(&text, '(');
    put_arguments(&text, &values);
    buffer_put_byte(&text, ')');
    const char *shown = arena_string(arena, buffer_bytes(&text));
    buffer_free(&text);
    return shown;
}
