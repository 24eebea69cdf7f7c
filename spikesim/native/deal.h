// Which elements are whose: the groups of a network cut into stretches, dealt to threads.
#ifndef SPIKESIM_NATIVE_DEAL_H_
#define SPIKESIM_NATIVE_DEAL_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "machine.h"

namespace spikesim {

// A stretch of a group that belongs to a thread.
struct Stretch {
  const Group* group;
  int64_t begin, end;
};

// Elements dealt to threads in equal numbers, group after group, in whole cache lines of flags.
inline std::vector<std::vector<Stretch>> Deal(const Network& net) {
  constexpr int64_t kLine = 64;
  int64_t total = 0;
  for (int64_t g = 0; g < net.n_groups; ++g) total += net.groups[g].size;
  std::vector<std::vector<Stretch>> dealt(net.threads);
  int64_t before = 0;
  for (int64_t g = 0; g < net.n_groups; ++g) {
    const Group& group = net.groups[g];
    int64_t begin = 0;
    for (int64_t t = 0; t < net.threads && begin < group.size; ++t) {
      const int64_t share = (total * (t + 1) / net.threads - before + kLine - 1) / kLine * kLine;
      const int64_t end = t + 1 == net.threads ? group.size : std::clamp(share, begin, group.size);
      if (end > begin) dealt[t].push_back({&group, begin, end});
      begin = end;
    }
    before += group.size;
  }
  return dealt;
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_DEAL_H_
