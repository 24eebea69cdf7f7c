// Work shared among threads.
#ifndef SPIKESIM_NATIVE_PARALLEL_H_
#define SPIKESIM_NATIVE_PARALLEL_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace spikesim {

// work(thread, item) for every item, each once; the first exception is thrown on.
template <typename Work>
void Parallel(int threads, int64_t items, const Work& work) {
  threads = static_cast<int>(std::max<int64_t>(1, std::min<int64_t>(threads, items)));
  std::atomic<int64_t> next{0};
  std::vector<std::exception_ptr> faults(threads);
  auto run = [&](int thread) {
    try {
      for (int64_t item; (item = next.fetch_add(1)) < items;) work(thread, item);
    } catch (...) {
      faults[thread] = std::current_exception();
      next = items;
    }
  };
  std::vector<std::thread> others;
  others.reserve(threads);
  try {
    for (int t = 1; t < threads; ++t) others.emplace_back(run, t);
  } catch (const std::system_error&) {
    // No more of them are to be had: those there are do the work.
  }
  run(0);
  for (std::thread& t : others) t.join();
  for (auto& fault : faults)
    if (fault) std::rethrow_exception(fault);
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_PARALLEL_H_
