#include "codec/typed_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

static struct arena arena;

/* Texts here have ' for ", so that they can be read. */
static loft_err digest_of(hash32 *out, const char *quoted)
{
    const struct json *json;
    char *text = arena_printf(&arena, "%s", quoted);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    TRY(json_parse(&json, &arena, bytes_str(text), &JSON_FROM_PEER));
    return typed_data_digest(out, &arena, json);
}

static void assert_digest(const char *text, const char *want)
{
    hash32 digest;
    char have[65] = {0};
    if (digest_of(&digest, text) != LOFT_OK)
        fail_msg("%s", err_sentence());
    hex_write(have, bytes_of(digest.at, sizeof digest.at));
    assert_string_equal(have, want);
}

static void assert_refused(const char *text, loft_err code, const char *words)
{
    hash32 digest;
    assert_int_equal(digest_of(&digest, text), code);
    if (!strstr(err_sentence(), words))
        fail_msg("\"%s\" is not in \"%s\"", words, err_sentence());
}

/* A message of type T under a domain that has a name alone. */
#define DATA(types, message)                                            \
    "{'types':{'EIP712Domain':[{'name':'name','type':'string'}]," types \
    "},'domain':{'name':'Loft'},'primaryType':'T','message':" message "}"
#define ONE(type, value) \
    DATA("'T':[{'name':'x','type':'" type "'}]", "{'x':" value "}")

/* EIP-712's own example, with the digest it publishes. */
static void the_example_of_the_specification(void **state)
{
    (void)state;
    assert_digest(
        "{'types':{'EIP712Domain':[{'name':'name','type':'string'},"
        "{'name':'version','type':'string'},{'name':'chainId','type':"
        "'uint256'},{'name':'verifyingContract','type':'address'}],"
        "'Person':[{'name':'name','type':'string'},"
        "{'name':'wallet','type':'address'}],"
        "'Mail':[{'name':'from','type':'Person'},"
        "{'name':'to','type':'Person'},{'name':'contents','type':'string'}]},"
        "'primaryType':'Mail','domain':{'name':'Ether Mail','version':'1',"
        "'chainId':1,'verifyingContract':"
        "'0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC'},"
        "'message':{'from':{'name':'Cow','wallet':"
        "'0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826'},"
        "'to':{'name':'Bob','wallet':"
        "'0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB'},"
        "'contents':'Hello, Bob!'}}",
        "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
}

/* The digests below are ethers 6.17's. */

static void each_elementary_type(void **state)
{
    (void)state;
    assert_digest(
        "{'types':{'All':[{'name':'i','type':'int8'},"
        "{'name':'u','type':'uint256'},{'name':'b','type':'bool'},"
        "{'name':'f','type':'bytes3'},{'name':'d','type':'bytes'},"
        "{'name':'a','type':'address'}],"
        "'EIP712Domain':[{'name':'name','type':'string'}]},"
        "'domain':{'name':'Loft'},'primaryType':'All',"
        "'message':{'i':'-5','u':'1157920892373161954235709850086879078532699"
        "84665640564039457584007913129639935','b':true,'f':'0x010203',"
        "'d':'0xdeadbeef','a':'0x00000000000000000000000000000000000000aa'}}",
        "193b1858ec2ea9fcd2bd1899c1a0d1d0ce68fda69a9ec5c9dfc32c35e7289397");
}

static void lists_of_lists_structs_and_nothing(void **state)
{
    (void)state;
    assert_digest(
        "{'types':{'Lists':[{'name':'grid','type':'uint8[2][]'},"
        "{'name':'people','type':'Person[]'},"
        "{'name':'words','type':'string[]'},"
        "{'name':'none','type':'bytes[]'}],"
        "'Person':[{'name':'id','type':'uint64'}],"
        "'EIP712Domain':[{'name':'name','type':'string'}]},"
        "'domain':{'name':'Loft'},'primaryType':'Lists',"
        "'message':{'grid':[['1','2'],['3','4'],['5','6']],"
        "'people':[{'id':'1'},{'id':'2'}],'words':['a',''],'none':[]}}",
        "3e7f3739f38cde9db5f67093fd7d0ab61688764786a3712cc3d767f9c92383ea");
}

static void referenced_types_are_sorted_by_name(void **state)
{
    (void)state;
    assert_digest(
        "{'types':{'Z':[{'name':'b','type':'B'},{'name':'a','type':'A'}],"
        "'A':[{'name':'c','type':'C'}],'B':[{'name':'c','type':'C[1]'}],"
        "'C':[{'name':'x','type':'bool'}],"
        "'EIP712Domain':[{'name':'name','type':'string'}]},"
        "'domain':{'name':'Loft'},'primaryType':'Z',"
        "'message':{'b':{'c':[{'x':true}]},'a':{'c':{'x':false}}}}",
        "e3a21a50122f2c3942ef602ff6e6ceca4b5ba28515054a962de88056a90660fa");
}

static void a_struct_that_is_not_there_is_zero(void **state)
{
    (void)state;
    static const char *const ends[] = {"", ",'next':null"};
    for (size_t i = 0; i < 2; i++)
        assert_digest(
            arena_printf(&arena,
                         "{'types':{'Node':[{'name':'next','type':'Node'},"
                         "{'name':'v','type':'uint8'}],"
                         "'EIP712Domain':[{'name':'name','type':'string'}]},"
                         "'domain':{'name':'Loft'},'primaryType':'Node',"
                         "'message':{'v':1,'next':{'v':2%s}}}",
                         ends[i]),
            "2b5b796d04a5c56af2f8570b468fbc66602c43c228be63509a5a9abcc84ba16d");
}

static void the_domain_alone(void **state)
{
    (void)state;
    assert_digest(
        "{'types':{'EIP712Domain':[{'name':'name','type':'string'}]},"
        "'domain':{'name':'Loft'},'primaryType':'EIP712Domain'}",
        "fa8f8e7c82ab600b76933589cdd42200aaf8a8b764161c2bd82f0f97c14dc452");
}

static void values_that_are_not_of_their_type(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {ONE("uint8", "256"), "message: x: "},
        {ONE("uint8", "-1"), "message: x: "},
        {ONE("address", "'0x12'"), "message: x: "},
        {ONE("bytes3", "'0x01020304'"), "message: x: "},
        {ONE("bool", "'maybe'"), "message: x: "},
        {ONE("uint8[2]", "[1]"), "of another size"},
        {ONE("uint8[x]", "[1]"), "not a number"},
        {ONE("uint8[]", "7"), "not a list"},
        {ONE("uint8]", "[]"), "bracket"},
        {ONE("]", "[]"), "bracket"},
        {ONE("T", "5"), "not an object"},
        {ONE("Person", "{}"), "message: x: "},
        {ONE("(uint8,uint8)", "[1,2]"), "no type of EIP-712"},
        {ONE("", "1"), "message: x: "},
        {DATA("'T':[{'name':'x','type':'string'}]", "{}"), "message: x: "},
        {DATA("'T':[{'name':'x'}]", "{}"), "type"},
        {DATA("'T':5", "{}"), "not a list of members"},
        {DATA("'U':[]", "{}"), "types lacks the message's"},
        {DATA("'T':[]", "7"), "message: "},
        {"{'types':[],'primaryType':'T'}", "types is an array"},
        {"{'types':{'T':[]},'primaryType':'T'}", "types lacks the domain's"},
        {"{'primaryType':7}", "primaryType"},
        {"[]", "primaryType"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hash32 digest;
        if (digest_of(&digest, cases[i].text) == LOFT_OK)
            fail_msg("%s has a digest", cases[i].text);
        if (!strstr(err_sentence(), cases[i].words))
            fail_msg("\"%s\" is not in \"%s\" of %s", cases[i].words,
                     err_sentence(), cases[i].text);
    }
}

static void types_beyond_the_limits_are_refused(void **state)
{
    (void)state;
    char *many = arena_printf(&arena, "'T':[]"), *name;
    for (int i = 0; i < TYPED_DATA_TYPES_MAX; i++)
        many = arena_printf(&arena, "%s,'T%d':[]", many, i);
    assert_refused(
        arena_printf(&arena, "{'types':{%s},'primaryType':'T'}", many),
        LOFT_ERR_LIMIT, "types, more than");
    name = arena_alloc(&arena, TYPED_DATA_TYPE_TEXT_MAX + 1);
    memset(name, 'n', TYPED_DATA_TYPE_TEXT_MAX);
    name[TYPED_DATA_TYPE_TEXT_MAX] = 0;
    assert_refused(
        arena_printf(&arena,
                     DATA("'T':[{'name':'%s','type':'bool'}]", "{'%s':true}"),
                     name, name),
        LOFT_ERR_LIMIT, "characters");
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_specification),
        cmocka_unit_test(each_elementary_type),
        cmocka_unit_test(lists_of_lists_structs_and_nothing),
        cmocka_unit_test(referenced_types_are_sorted_by_name),
        cmocka_unit_test(a_struct_that_is_not_there_is_zero),
        cmocka_unit_test(the_domain_alone),
        cmocka_unit_test(values_that_are_not_of_their_type),
        cmocka_unit_test(types_beyond_the_limits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
