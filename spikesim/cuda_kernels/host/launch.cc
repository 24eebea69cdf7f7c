// Runs a kernel that was compiled for the host: its blocks are threads.
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

struct Grid {  // as in platform.cuh
  int32_t block, blocks;
  void (*wait)(void*);
  void* barrier;
  void* shared;
};

// Numbers too small to be normal count as zero, as they do on GPUs and for XLA.
void FlushSubnormals() {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040u);
#elif defined(__aarch64__)
  uint64_t control;
  asm volatile("mrs %0, fpcr" : "=r"(control));
  asm volatile("msr fpcr, %0" ::"r"(control | (1ull << 24)));
#endif
}

}  // namespace

// kernel(grid, a, b) for each block, with `shared` bytes of its own; a and b are its arguments.
extern "C" __attribute__((visibility("default"))) void spikesim_launch(
    void (*kernel)(Grid, const void*, const void*), int32_t blocks, int64_t shared, const void* a,
    const void* b) {
  std::barrier<> barrier(blocks);
  const auto wait = [](void* at) { static_cast<std::barrier<>*>(at)->arrive_and_wait(); };
  std::vector<std::thread> threads;
  for (int32_t block = 0; block < blocks; ++block)
    threads.emplace_back([=, &barrier] {
      FlushSubnormals();
      std::vector<std::max_align_t> own(shared / sizeof(std::max_align_t) + 1);
      kernel({block, blocks, wait, &barrier, own.data()}, a, b);
    });
  for (std::thread& t : threads) t.join();
}
