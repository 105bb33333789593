/* Made by tools/make_fields.py. */
#include "crypto/prime_field.h"

const struct prime_field BN254_FQ = {
    .p = {0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d,
          0x30644e72e131a029},
    .negative_inverse = 0x87d20782e4866389,
    .limbs = 4,
    .bits = 254,
    .two_adicity = 1,
    .one = {0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d, 0x666ea36f7879462c,
            0x0e0a77c19a07df2f},
    .r_squared = {0xf32cfc5b538afa89, 0xb5e71911d44501fb, 0x47ab1eff0a417ff6,
                  0x06d89f71cab8351f},
    .generator = {0x7a17caa950ad28d7, 0x1f6ac17ae15521b9, 0x334bea4e696bd284,
                  0x2a1f6744ce179d8e},
    .root_of_unity = {0x68c3488912edefaa, 0x8d087f6872aabf4f,
                      0x51e1a24709081231, 0x2259d6b14729c0fa},
};

const struct prime_field BN254_FR = {
    .p = {0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d,
          0x30644e72e131a029},
    .negative_inverse = 0xc2e1f593efffffff,
    .limbs = 4,
    .bits = 254,
    .two_adicity = 28,
    .one = {0xac96341c4ffffffb, 0x36fc76959f60cd29, 0x666ea36f7879462e,
            0x0e0a77c19a07df2f},
    .r_squared = {0x1bb8e645ae216da7, 0x53fe3ab1e35c59e3, 0x8c49833d53bb8085,
                  0x0216d0b17f4e44a5},
    .generator = {0x1b0d0ef99fffffe6, 0xeaba68a3a32a913f, 0x47d8eb76d8dd0689,
                  0x15d0085520f5bbc3},
    .root_of_unity = {0x636e735580d13d9c, 0xa22bf3742445ffd6,
                      0x56452ac01eb203d8, 0x1860ef942963f9e7},
};

const struct prime_field BLS12_381_FP = {
    .p = {0xb9feffffffffaaab, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
          0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a},
    .negative_inverse = 0x89f3fffcfffcfffd,
    .limbs = 6,
    .bits = 381,
    .two_adicity = 1,
    .one = {0x760900000002fffd, 0xebf4000bc40c0002, 0x5f48985753c758ba,
            0x77ce585370525745, 0x5c071a97a256ec6d, 0x15f65ec3fa80e493},
    .r_squared = {0xf4df1f341c341746, 0x0a76e6a609d104f1, 0x8de5476c4c95b6d5,
                  0x67eb88a9939d83c0, 0x9a793e85b519952d, 0x11988fe592cae3aa},
    .generator = {0x321300000006554f, 0xb93c0018d6c40005, 0x57605e0db0ddbb51,
                  0x8b256521ed1f9bcb, 0x6cf28d7901622c03, 0x11ebab9dbb81e28c},
    .root_of_unity = {0x43f5fffffffcaaae, 0x32b7fff2ed47fffd,
                      0x07e83a49a2e99d69, 0xeca8f3318332bb7a,
                      0xef148d1ea0f4c069, 0x040ab3263eff0206},
};

const struct prime_field BLS12_381_FR = {
    .p = {0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805,
          0x73eda753299d7d48},
    .negative_inverse = 0xfffffffeffffffff,
    .limbs = 4,
    .bits = 255,
    .two_adicity = 32,
    .one = {0x00000001fffffffe, 0x5884b7fa00034802, 0x998c4fefecbc4ff5,
            0x1824b159acc5056f},
    .r_squared = {0xc999e990f3f29c6d, 0x2b6cedcb87925c23, 0x05d314967254398f,
                  0x0748d9d99f59ff11},
    .generator = {0x0000000efffffff1, 0x17e363d300189c0f, 0xff9c57876f8457b0,
                  0x351332208fc5a8c4},
    .root_of_unity = {0xb9b58d8c5f0e466a, 0x5b1b4c801819d7ec,
                      0x0af53ae352a31e64, 0x5bf3adda19e9b27b},
};
