// The random numbers of spikesim/random.py: Threefry2x32-20 and what is made of its words.
#ifndef SPIKESIM_NATIVE_RANDOM_H_
#define SPIKESIM_NATIVE_RANDOM_H_

#include "numbers.h"

// A loop compiled for several instruction sets, chosen when the library is loaded. Contraction is
// off for the whole library, so all versions give the same bits.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__linux__)
#define SPIKESIM_VECTOR __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define SPIKESIM_VECTOR
#endif

namespace spikesim {

// Numbers are drawn this many at a time, so that what lies between stays in the nearest cache.
constexpr int kBlock = 256;

// Replaces n counters (x, y) by their words.
void Threefry(uint32_t key0, uint32_t key1, int n, uint32_t* __restrict x, uint32_t* __restrict y);

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_RANDOM_H_
