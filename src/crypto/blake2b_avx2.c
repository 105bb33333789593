/* A row of four words is a register, so the four columns mix at once, and so
 * do the four diagonals after rows a, c and d have moved sideways under b. Row
 * b is what each mixing ends with and the next begins with: its staying in
 * place keeps the moves off the longest chain of dependences. */
#include "crypto/blake2b_rounds.h"

#include "base/attributes.h"

#if LOFT_X86_64
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

struct rows {
    __m256i a, b, c, d;
};

/* What a round adds: first and second words for columns, then diagonals. */
struct words {
    __m256i at[4];
};

TARGET static ALWAYS_INLINE __m256i rotate_32(__m256i row)
{
    return _mm256_shuffle_epi32(row, _MM_SHUFFLE(2, 3, 0, 1));
}

TARGET static ALWAYS_INLINE __m256i rotate_24(__m256i row)
{
    return _mm256_shuffle_epi8(row, _mm256_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11,
                                                     12, 13, 14, 15, 8, 9, 10,
                                                     3, 4, 5, 6, 7, 0, 1, 2, 11,
                                                     12, 13, 14, 15, 8, 9, 10));
}

TARGET static ALWAYS_INLINE __m256i rotate_16(__m256i row)
{
    return _mm256_shuffle_epi8(row, _mm256_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10,
                                                     11, 12, 13, 14, 15, 8, 9,
                                                     2, 3, 4, 5, 6, 7, 0, 1, 10,
                                                     11, 12, 13, 14, 15, 8, 9));
}

TARGET static ALWAYS_INLINE __m256i rotate_63(__m256i row)
{
    return _mm256_or_si256(_mm256_add_epi64(row, row),
                           _mm256_srli_epi64(row, 63));
}

/* A sum to be made while row b is still to come, and not in another order. */
TARGET static ALWAYS_INLINE __m256i add_early(__m256i row, __m256i words)
{
    row = _mm256_add_epi64(row, words);
    __asm__("" : "+x"(row));
    return row;
}

TARGET static ALWAYS_INLINE void mix(struct rows *v, __m256i first,
                                     __m256i second)
{
    v->a = add_early(v->a, first);
    v->a = _mm256_add_epi64(v->a, v->b);
    v->d = rotate_32(_mm256_xor_si256(v->d, v->a));
    v->c = _mm256_add_epi64(v->c, v->d);
    v->b = rotate_24(_mm256_xor_si256(v->b, v->c));
    v->a = add_early(v->a, second);
    v->a = _mm256_add_epi64(v->a, v->b);
    v->d = rotate_16(_mm256_xor_si256(v->d, v->a));
    v->c = _mm256_add_epi64(v->c, v->d);
    v->b = rotate_63(_mm256_xor_si256(v->b, v->c));
}

TARGET static ALWAYS_INLINE void one_round(struct rows *v,
                                           const struct words *words)
{
    mix(v, words->at[0], words->at[1]);
    v->a = _mm256_permute4x64_epi64(v->a, _MM_SHUFFLE(2, 1, 0, 3));
    v->c = _mm256_permute4x64_epi64(v->c, _MM_SHUFFLE(0, 3, 2, 1));
    v->d = _mm256_permute4x64_epi64(v->d, _MM_SHUFFLE(1, 0, 3, 2));
    mix(v, words->at[2], words->at[3]);
    v->a = _mm256_permute4x64_epi64(v->a, _MM_SHUFFLE(0, 3, 2, 1));
    v->c = _mm256_permute4x64_epi64(v->c, _MM_SHUFFLE(2, 1, 0, 3));
    v->d = _mm256_permute4x64_epi64(v->d, _MM_SHUFFLE(1, 0, 3, 2));
}

TARGET static ALWAYS_INLINE __m256i pick(const uint64_t *m, unsigned i,
                                         unsigned j, unsigned k, unsigned l)
{
    return _mm256_set_epi64x((long long)m[l], (long long)m[k], (long long)m[j],
                             (long long)m[i]);
}

/* Diagonal 3 lies in lane 0, as row b has it. */
TARGET static ALWAYS_INLINE void arrange(struct words *out, const uint64_t *m,
                                         unsigned kind)
{
    const uint8_t *at = blake2b_schedule[kind];
    out->at[0] = pick(m, at[0], at[2], at[4], at[6]);
    out->at[1] = pick(m, at[1], at[3], at[5], at[7]);
    out->at[2] = pick(m, at[14], at[8], at[10], at[12]);
    out->at[3] = pick(m, at[15], at[9], at[11], at[13]);
}

TARGET static ALWAYS_INLINE __m256i load(const uint64_t *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}

TARGET static ALWAYS_INLINE void store(uint64_t *to, __m256i row)
{
    _mm256_storeu_si256((__m256i *)to, row);
}

TARGET void blake2b_rounds_avx2(uint64_t v[16], const uint64_t m[16],
                                uint32_t rounds)
{
    struct rows rows = {load(v), load(v + 4), load(v + 8), load(v + 12)};
    struct words words[BLAKE2B_ROUND_KINDS];
    uint32_t first = rounds < BLAKE2B_ROUND_KINDS ? rounds
                                                  : BLAKE2B_ROUND_KINDS;
    for (uint32_t i = 0; i < first; i++) {
        arrange(&words[i], m, i);
        one_round(&rows, &words[i]);
    }
    for (uint32_t i = first, kind = 0; i < rounds; i++) {
        one_round(&rows, &words[kind]);
        kind = kind == BLAKE2B_ROUND_KINDS - 1 ? 0 : kind + 1;
    }
    store(v, rows.a);
    store(v + 4, rows.b);
    store(v + 8, rows.c);
    store(v + 12, rows.d);
}
#endif
