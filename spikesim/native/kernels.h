// What the kernels share: XLA's FFI and a loop over parts on XLA's own threads.
#ifndef SPIKESIM_NATIVE_KERNELS_H_
#define SPIKESIM_NATIVE_KERNELS_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "xla/ffi/api/ffi.h"

namespace spikesim {

namespace ffi = xla::ffi;

// Call work(0) ... work(parts - 1), each once, on the caller's thread and those of the pool.
template <typename Work>
void ForEachPart(ffi::ThreadPool& pool, int64_t parts, const Work& work) {
  if (parts == 1) return work(0);
  const int64_t helpers = std::min<int64_t>(parts, pool.num_threads()) - 1;
  if (helpers <= 0) {
    for (int64_t part = 0; part < parts; ++part) work(part);
    return;
  }
  // A helper that comes late finds no part left and must not touch what the caller has given up:
  // the counters are shared, the work is only reached with a part in hand.
  struct Shared {
    std::atomic<int64_t> next{0}, done{0};
  };
  auto shared = std::make_shared<Shared>();
  auto take = [shared, parts, &work] {
    for (int64_t part; (part = shared->next.fetch_add(1)) < parts;) {
      work(part);
      shared->done.fetch_add(1, std::memory_order_release);
    }
  };
  for (int64_t k = 0; k < helpers; ++k) pool.Schedule(decltype(take)(take));
  take();
  while (shared->done.load(std::memory_order_acquire) < parts) std::this_thread::yield();
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_KERNELS_H_
