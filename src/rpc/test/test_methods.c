#include "rpc/methods.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static size_t count_words(const char *text)
{
    size_t count = 0;
    for (; *text; text += strspn(text, " ")) {
        count++;
        text += strcspn(text, " ");
    }
    return count;
}

static void the_table_is_sorted_and_names_every_parameter(void **state)
{
    (void)state;
    for (size_t i = 0; i < rpc_method_count; i++) {
        const struct rpc_method *method = &rpc_methods[i];
        if (i && strcmp(rpc_methods[i - 1].name, method->name) >= 0)
            fail_msg("%s stands too late", method->name);
        if (count_words(method->parameters) != method->count ||
            method->required > method->count)
            fail_msg("%s: its parameters do not add up", method->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sorted_and_names_every_parameter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
