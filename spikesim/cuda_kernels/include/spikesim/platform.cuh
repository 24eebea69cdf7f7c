// Where a kernel runs: on a GPU, as a grid of blocks of threads; or, compiled by a C++ compiler, on
// a CPU, where each thread is a warp of its own. All that differs between the two is in this file.
//
// SPIKESIM_WITHOUT_BARRIER=k leaves out the barrier at place k, so that a test can show that its
// absence is noticed.
#ifndef SPIKESIM_CUDA_PLATFORM_CUH_
#define SPIKESIM_CUDA_PLATFORM_CUH_

#include "portable.h"

#if !defined(__CUDACC__)
#include <sched.h>
#endif

// SPIKESIM_KERNEL(name, threads, A, B, body): a kernel that calls body(grid, a, b).
// SPIKESIM_SHARED(grid, type, name, number): a variable that the threads of a block share.
#if defined(__CUDACC__)
#define SPIKESIM_DEVICE __device__
#define SPIKESIM_SHARED(GRID, TYPE, NAME, NUMBER) __shared__ TYPE NAME
#define SPIKESIM_KERNEL(NAME, THREADS, A, B, BODY)                                    \
  extern "C" __global__ void __launch_bounds__(THREADS, 1)                            \
      NAME(uint32_t* barrier, const A* a, const B* b) {                               \
    spikesim::Grid grid(barrier);                                                     \
    BODY(grid, *a, *b);                                                               \
  }
#else
#define SPIKESIM_DEVICE
#define SPIKESIM_SHARED(GRID, TYPE, NAME, NUMBER) TYPE& NAME = (GRID).template Fixed<TYPE, NUMBER>()
#define SPIKESIM_KERNEL(NAME, THREADS, A, B, BODY)                                    \
  extern "C" __attribute__((visibility("default"))) void NAME(spikesim::Grid grid,    \
                                                              const A* a, const B* b) { \
    BODY(grid, *a, *b);                                                               \
  }
#endif

#ifndef SPIKESIM_WITHOUT_BARRIER
#define SPIKESIM_WITHOUT_BARRIER 0
#endif

namespace spikesim {

// Places of barriers.
enum Barrier : int {
  kNoBarrier,
  kStart,       // before the first step
  kFound,       // after events were looked for
  kSent,        // after spikes were sent, where some arrive at once
  kLogged,      // after events were logged
  kBegun,       // around what reads what other threads write: links, samples, couplings
  kKept,        // around what one thread writes for all
  kLearned,     // around what plastic synapses, or neurons for them, write
  kHeard,       // where a block waits for the words of all others
  kEnd,         // after the last step
  kBuilt,       // between the stages of building
  // Of the threads of a block:
  kTaken,       // the ranges before are taken, and can be replaced
  kRanged,      // ranges are known
  kLaid,        // they are laid end to end
  kPooled,      // around the sum of a pool
  kCleared,     // sums are zero
  kLoaded,      // or as they were
  kListed,      // all spikes are listed
  kAdded,       // all that spikes send is added up
  kUnseen,      // no delay has been seen yet
};

// Elements that a warp takes at a time.
constexpr int kTile = 32;

// What one block tells all others, written and read whole.
struct Word {
  uint64_t low, high;
};

#if defined(__CUDACC__)

constexpr int kWarp = 32;

// Shared memory of a block, as much as its launch was asked to give.
extern __shared__ __align__(16) unsigned char spikesim_shared[];

// A barrier is a counter in global memory, zero at the launch: each block adds one, and waits until
// all have. Blocks of a cooperative launch are all there at the same time.
struct Grid {
  uint32_t* barrier;
  uint32_t passed;

  SPIKESIM_INLINE explicit Grid(uint32_t* barrier) : barrier(barrier), passed(0) {}
  SPIKESIM_INLINE int Block() const { return blockIdx.x; }
  SPIKESIM_INLINE int Blocks() const { return gridDim.x; }
  SPIKESIM_INLINE int Thread() const { return threadIdx.x; }
  SPIKESIM_INLINE int Threads() const { return blockDim.x; }
  SPIKESIM_INLINE int Lane() const { return threadIdx.x % kWarp; }
  SPIKESIM_INLINE void* Shared() const { return spikesim_shared; }
  template <int kPlace>
  SPIKESIM_INLINE void SyncBlock() const {
    __syncthreads();
  }
  template <int kPlace>
  SPIKESIM_INLINE void Sync() {
    if (kPlace == SPIKESIM_WITHOUT_BARRIER) return;
    passed += gridDim.x;
    __syncthreads();
    if (threadIdx.x == 0) {
      asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(barrier) : "memory");
      uint32_t now;
      do {
        asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(now) : "l"(barrier) : "memory");
      } while (static_cast<int32_t>(now - passed) < 0);
    }
    __syncthreads();
  }
};

SPIKESIM_INLINE uint32_t Ballot(bool yes) { return __ballot_sync(0xFFFFFFFFu, yes); }
SPIKESIM_INLINE int CountBits(uint32_t bits) { return __popc(bits); }
SPIKESIM_INLINE int FirstBit(uint32_t bits) { return __ffs(bits) - 1; }
SPIKESIM_INLINE int64_t FromLane(int64_t value, int lane) {
  return __shfl_sync(0xFFFFFFFFu, value, lane);
}
// The sum of the values of this lane and those before it.
SPIKESIM_INLINE int64_t ScanWarp(int64_t value) {
  const int lane = threadIdx.x % kWarp;
  for (int by = 1; by < kWarp; by *= 2) {
    const int64_t other = __shfl_up_sync(0xFFFFFFFFu, value, by);
    if (lane >= by) value += other;
  }
  return value;
}

SPIKESIM_INLINE float AtomicAdd(float* to, float x) { return atomicAdd(to, x); }
SPIKESIM_INLINE double AtomicAdd(double* to, double x) { return atomicAdd(to, x); }
SPIKESIM_INLINE int32_t AtomicAdd(int32_t* to, int32_t x) { return atomicAdd(to, x); }
SPIKESIM_INLINE uint32_t AtomicAdd(uint32_t* to, uint32_t x) { return atomicAdd(to, x); }
SPIKESIM_INLINE int64_t AtomicAdd(int64_t* to, int64_t x) {
  return static_cast<int64_t>(atomicAdd(reinterpret_cast<unsigned long long*>(to),
                                        static_cast<unsigned long long>(x)));
}
SPIKESIM_INLINE void AtomicMax(uint32_t* to, uint32_t x) { atomicMax(to, x); }
SPIKESIM_INLINE void AtomicMax(uint64_t* to, uint64_t x) {
  atomicMax(reinterpret_cast<unsigned long long*>(to), static_cast<unsigned long long>(x));
}
SPIKESIM_INLINE void AtomicOr(uint32_t* to, uint32_t x) { atomicOr(to, x); }
// What other threads may be changing.
SPIKESIM_INLINE uint32_t Peek(const uint32_t* at) { return *static_cast<const volatile uint32_t*>(at); }

// To shared memory; whole numbers have an instruction of their own.
SPIKESIM_INLINE void AddShared(int32_t* to, int32_t x) {
  const uint32_t at = static_cast<uint32_t>(__cvta_generic_to_shared(to));
  asm volatile("red.shared.add.s32 [%0], %1;" ::"r"(at), "r"(x) : "memory");
}
SPIKESIM_INLINE void AddShared(double* to, double x) { atomicAdd(to, x); }

// A word is one access of memory, so what it holds needs no fence. What was written besides does: a
// Fence before Publish, and one after Look.
SPIKESIM_INLINE void Publish(Word* to, const Word& w) {
  asm volatile(
      "{ .reg .b128 q; mov.b128 q, {%1, %2}; st.relaxed.gpu.global.b128 [%0], q; }" ::"l"(to),
      "l"(w.low), "l"(w.high)
      : "memory");
}
SPIKESIM_INLINE Word Look(const Word* at) {
  Word w;
  asm volatile("{ .reg .b128 q; ld.relaxed.gpu.global.b128 q, [%2]; mov.b128 {%0, %1}, q; }"
               : "=l"(w.low), "=l"(w.high)
               : "l"(at)
               : "memory");
  return w;
}
SPIKESIM_INLINE void SyncWarp() { __syncwarp(); }
SPIKESIM_INLINE void Fence() {
  asm volatile("fence.acq_rel.gpu;" ::: "memory");
}
SPIKESIM_INLINE uint16_t Fresh(const uint16_t* at) {
  uint16_t x;
  asm volatile("ld.relaxed.gpu.global.u16 %0, [%1];" : "=h"(x) : "l"(at) : "memory");
  return x;
}
SPIKESIM_INLINE void Pause() {}

// GPUs keep subnormal numbers of float64; conformance has them as zeros.
SPIKESIM_INLINE double Settled(double x) { return Flush(x); }
SPIKESIM_INLINE float Settled(float x) { return x; }

// What nothing writes while the kernel runs.
template <typename T>
SPIKESIM_INLINE T Fixed(const T* at) {
  return __ldg(at);
}

#else

constexpr int kWarp = 1;

// Bytes of each variable of SPIKESIM_SHARED, and how many there are: as in host/launch.cc.
constexpr int64_t kFixedBytes = 16384, kFixed = 3;

struct Grid {
  int32_t block, blocks, thread, threads;
  void (*wait)(void*);
  void* barrier;        // of all threads
  void* block_barrier;  // of those of the block
  uint8_t* shared;      // of the block: fixed variables, then what the launch asked for

  int Block() const { return block; }
  int Blocks() const { return blocks; }
  int Thread() const { return thread; }
  int Threads() const { return threads; }
  int Lane() const { return 0; }
  void* Shared() const { return shared + kFixed * kFixedBytes; }
  template <typename T, int kNumber>
  T& Fixed() const {
    static_assert(sizeof(T) <= kFixedBytes && kNumber < kFixed, "no room");
    return *reinterpret_cast<T*>(shared + kNumber * kFixedBytes);
  }
  template <int kPlace>
  void SyncBlock() const {
    if (kPlace != SPIKESIM_WITHOUT_BARRIER) wait(block_barrier);
  }
  template <int kPlace>
  void Sync() {
    if (kPlace != SPIKESIM_WITHOUT_BARRIER) wait(barrier);
  }
};

SPIKESIM_INLINE uint32_t Ballot(bool yes) { return yes; }
SPIKESIM_INLINE int CountBits(uint32_t bits) { return __builtin_popcount(bits); }
SPIKESIM_INLINE int FirstBit(uint32_t bits) { return __builtin_ffs(bits) - 1; }
SPIKESIM_INLINE int64_t FromLane(int64_t value, int) { return value; }
SPIKESIM_INLINE int64_t ScanWarp(int64_t value) { return value; }

template <typename T>
SPIKESIM_INLINE T AtomicAdd(T* to, T x) {
  T before, after;
  __atomic_load(to, &before, __ATOMIC_RELAXED);
  do after = before + x;
  while (!__atomic_compare_exchange(to, &before, &after, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return before;
}
template <typename T>
SPIKESIM_INLINE void AtomicMax(T* to, T x) {
  T before = __atomic_load_n(to, __ATOMIC_RELAXED);
  while (before < x && !__atomic_compare_exchange_n(to, &before, x, true, __ATOMIC_RELAXED,
                                                    __ATOMIC_RELAXED)) {
  }
}
SPIKESIM_INLINE void AtomicOr(uint32_t* to, uint32_t x) {
  __atomic_fetch_or(to, x, __ATOMIC_RELAXED);
}
SPIKESIM_INLINE uint32_t Peek(const uint32_t* at) { return __atomic_load_n(at, __ATOMIC_RELAXED); }

template <typename T>
SPIKESIM_INLINE void AddShared(T* to, T x) {
  AtomicAdd(to, x);
}

SPIKESIM_INLINE void Publish(Word* to, const Word& w) {
  __atomic_store_n(&to->high, w.high, __ATOMIC_RELAXED);
  __atomic_store_n(&to->low, w.low, __ATOMIC_RELEASE);
}
SPIKESIM_INLINE Word Look(const Word* at) {
  const uint64_t low = __atomic_load_n(&at->low, __ATOMIC_ACQUIRE);
  return {low, __atomic_load_n(&at->high, __ATOMIC_RELAXED)};
}
SPIKESIM_INLINE void SyncWarp() {}
SPIKESIM_INLINE void Fence() {}
SPIKESIM_INLINE uint16_t Fresh(const uint16_t* at) { return *at; }
// Let another thread have the processor.
SPIKESIM_INLINE void Pause() { sched_yield(); }

// The processor flushes them: see host/launch.cc.
template <typename T>
SPIKESIM_INLINE T Settled(T x) {
  return x;
}

template <typename T>
SPIKESIM_INLINE T Fixed(const T* at) {
  return *at;
}

#endif

// The place of this lane's item in a list to which all lanes of the warp with `yes` add one at once.
SPIKESIM_INLINE int64_t Claim(const Grid& grid, bool yes, int32_t* count) {
  const uint32_t who = Ballot(yes);
  if (!who) return 0;
  int64_t start = 0;
  if (grid.Lane() == FirstBit(who)) start = AtomicAdd(count, static_cast<int32_t>(CountBits(who)));
  return FromLane(start, FirstBit(who)) + CountBits(who & ((1u << grid.Lane()) - 1u));
}

// The number of a thread in the grid, and how many there are.
SPIKESIM_INLINE int64_t Rank(const Grid& grid) {
  return static_cast<int64_t>(grid.Block()) * grid.Threads() + grid.Thread();
}
SPIKESIM_INLINE int64_t Ranks(const Grid& grid) {
  return static_cast<int64_t>(grid.Blocks()) * grid.Threads();
}

}  // namespace spikesim

#endif  // SPIKESIM_CUDA_PLATFORM_CUH_
