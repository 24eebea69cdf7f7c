// The table of synapses, the log of recent spikes, and what arrives in a step.
//
// The log has a row a step, step mod rows, with the sources that fired in it, ascending; they come
// in pieces, one a thread that looks for spikes. In a step, for each distinct delay d, the synapses
// with that delay of the sources that fired in step `due - d` add their weights.
//
// The targets are cut into parts of at most 2^16 slots. A part has its own table, sorted by
// (source, delay): segment[part][source][d] is where the synapses of a delay start. A slot belongs
// to one part and gets its sums in one order, so the result does not depend on the number of
// threads. Where there are so many delays that segments would be all but empty, a table has a delay
// for each synapse instead, and spikes are sent to a ring at once.
#ifndef SPIKESIM_NATIVE_DELIVERY_H_
#define SPIKESIM_NATIVE_DELIVERY_H_

#include <cstdint>
#include <cstring>
#include <vector>

namespace spikesim {

struct Synapses {
  const uint32_t* segment;  // [parts][sources][delays + 1]
  const int32_t* delays;    // [delays], distinct, ascending
  int64_t n_delays;
  int64_t n_sources;
  const uint16_t* target;  // [synapses], within the part
};

// The steps whose spikes are still under way.
struct SpikeLog {
  int32_t* source;             // [rows][sources]
  int32_t* count;              // [rows][pieces]
  const int64_t* piece_start;  // [pieces], where in a row a piece starts
  int64_t rows, pieces, n_sources;
};

struct Segment {
  uint32_t begin, end, source;
};

// What is under way to slots: row (step mod rows) arrives in that step.
template <typename Real>
struct Ring {
  Real* first;
  int64_t rows, stride;
  int64_t found;  // the step in which the spikes to be sent were found

  void Add(int64_t delay, int64_t target, Real weight) const {
    int64_t row = found % rows + delay;
    row -= row >= rows ? rows : 0;
    first[row * stride + target] += weight;
  }
};

// The numbers of the set flags, ascending, plus `first`; returns how many there are.
inline int32_t AppendSet(const uint8_t* flags, int64_t n, int32_t first, int32_t* out) {
  int32_t count = 0;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t eight;
    std::memcpy(&eight, flags + i, 8);
    if (!eight) continue;
    for (int64_t k = i; k < i + 8; ++k)
      if (flags[k]) out[count++] = first + static_cast<int32_t>(k);
  }
  for (; i < n; ++i)
    if (flags[i]) out[count++] = first + static_cast<int32_t>(i);
  return count;
}

// The segments of one part that arrive in step `due`, of spikes found up to step `found`.
inline void Gather(const Synapses& synapses, int64_t part, const SpikeLog& log, int64_t found,
                   int64_t due, std::vector<Segment>& segments) {
  segments.clear();
  const int64_t stride = synapses.n_delays + 1;
  const uint32_t* mine = synapses.segment + part * synapses.n_sources * stride;
  for (int64_t d = 0; d < synapses.n_delays; ++d) {
    const int64_t step = due - synapses.delays[d];
    if (step < 0 || step > found) continue;
    const int64_t row = step % log.rows;
    for (int64_t piece = 0; piece < log.pieces; ++piece) {
      const int32_t* sources = log.source + row * log.n_sources + log.piece_start[piece];
      const int32_t count = log.count[row * log.pieces + piece];
      for (int32_t k = 0; k < count; ++k) {
        const uint32_t* bounds = mine + sources[k] * stride + d;
        if (bounds[0] != bounds[1])
          segments.push_back({bounds[0], bounds[1], static_cast<uint32_t>(sources[k])});
      }
    }
  }
}

// How many segments ahead the caches are told of.
constexpr size_t kAhead = 6;

// A weight for each synapse, or, with kShared, one for each source.
template <bool kShared, typename Weight, typename Real>
void Deliver(const std::vector<Segment>& segments, const uint16_t* target, const Weight* weight,
             Real* arrived) {
  for (size_t k = 0; k < segments.size(); ++k) {
    if (k + kAhead < segments.size()) {
      const Segment& ahead = segments[k + kAhead];
      __builtin_prefetch(target + ahead.begin);
      if (!kShared) __builtin_prefetch(weight + ahead.begin);
    }
    const Segment s = segments[k];
    if (kShared) {
      const Real w = static_cast<Real>(weight[s.source]);
      for (uint32_t i = s.begin; i < s.end; ++i) arrived[target[i]] += w;
    } else {
      for (uint32_t i = s.begin; i < s.end; ++i) arrived[target[i]] += static_cast<Real>(weight[i]);
    }
  }
}

// The rows of the sources that fired in step `found`.
inline void GatherRows(const int64_t* row, const SpikeLog& log, int64_t found,
                       std::vector<Segment>& segments) {
  segments.clear();
  if (found < 0) return;
  const int64_t step = found % log.rows;
  for (int64_t piece = 0; piece < log.pieces; ++piece) {
    const int32_t* sources = log.source + step * log.n_sources + log.piece_start[piece];
    const int32_t count = log.count[step * log.pieces + piece];
    for (int32_t k = 0; k < count; ++k)
      segments.push_back({static_cast<uint32_t>(row[sources[k]]),
                          static_cast<uint32_t>(row[sources[k] + 1]),
                          static_cast<uint32_t>(sources[k])});
  }
}

// As Deliver, with a delay for each synapse.
template <bool kShared, typename Weight, typename Real>
void Send(const std::vector<Segment>& segments, const uint16_t* target, const uint16_t* delay,
          const Weight* weight, const Ring<Real>& ring) {
  const int64_t now = ring.found % ring.rows;
  for (const Segment& s : segments)
    for (uint32_t i = s.begin; i < s.end; ++i) {
      int64_t row = now + delay[i];
      row -= row >= ring.rows ? ring.rows : 0;
      ring.first[row * ring.stride + target[i]] +=
          static_cast<Real>(weight[kShared ? s.source : i]);
    }
}

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_DELIVERY_H_
