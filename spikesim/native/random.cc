// Threefry2x32 with 20 rounds, for many counters at once.

#include "random.h"

namespace spikesim {
namespace {

// Four rounds, and the keys added after them.
template <int kA, int kB, int kC, int kD>
SPIKESIM_INLINE void Rounds(uint32_t key0, uint32_t key1, int n, uint32_t* __restrict x,
                            uint32_t* __restrict y) {
  for (int i = 0; i < n; ++i) {
    uint32_t a = x[i], b = y[i];
    a += b; b = Rotate(b, kA) ^ a;
    a += b; b = Rotate(b, kB) ^ a;
    a += b; b = Rotate(b, kC) ^ a;
    a += b; b = Rotate(b, kD) ^ a;
    x[i] = a + key0;
    y[i] = b + key1;
  }
}

}  // namespace

// All counters go through four rounds before the next four. In one loop with all rounds a counter
// is a chain so long that a processor has too few under way: that takes nearly twice the time.
SPIKESIM_VECTOR void Threefry(uint32_t key0, uint32_t key1, int n, uint32_t* __restrict x,
                              uint32_t* __restrict y) {
  const uint32_t key2 = key0 ^ key1 ^ 0x1BD11BDAu;
  for (int i = 0; i < n; ++i) {
    x[i] += key0;
    y[i] += key1;
  }
  Rounds<13, 15, 26, 6>(key1, key2 + 1, n, x, y);
  Rounds<17, 29, 16, 24>(key2, key0 + 2, n, x, y);
  Rounds<13, 15, 26, 6>(key0, key1 + 3, n, x, y);
  Rounds<17, 29, 16, 24>(key1, key2 + 4, n, x, y);
  Rounds<13, 15, 26, 6>(key2, key0 + 5, n, x, y);
}

}  // namespace spikesim
