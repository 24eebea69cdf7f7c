// Runs a kernel that was compiled for the host.
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <list>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

// As in platform.cuh.
constexpr int64_t kFixedBytes = 16384, kFixed = 3;

struct Grid {
  int32_t block, blocks, thread, threads;
  void (*wait)(void*);
  void* barrier;
  void* block_barrier;
  void* shared;
};

struct Block {
  Block(int32_t threads, std::size_t room) : barrier(threads), shared(room) {}
  std::barrier<> barrier;
  std::vector<std::max_align_t> shared;
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

// kernel(grid, a, b) for each thread of each block, with `shared` bytes a block; a and b are its
// arguments.
extern "C" __attribute__((visibility("default"))) void spikesim_launch(
    void (*kernel)(Grid, const void*, const void*), int32_t blocks, int32_t threads, int64_t shared,
    const void* a, const void* b) {
  std::barrier<> all(blocks * threads);
  const auto wait = [](void* at) { static_cast<std::barrier<>*>(at)->arrive_and_wait(); };
  const std::size_t room = (kFixed * kFixedBytes + shared) / sizeof(std::max_align_t) + 1;
  std::list<Block> made;
  std::vector<std::thread> running;
  for (int32_t k = 0; k < blocks; ++k) {
    Block& block = made.emplace_back(threads, room);
    for (int32_t thread = 0; thread < threads; ++thread)
      running.emplace_back([=, &all, &block] {
        FlushSubnormals();
        kernel({k, blocks, thread, threads, wait, &all, &block.barrier, block.shared.data()}, a, b);
      });
  }
  for (std::thread& t : running) t.join();
}
