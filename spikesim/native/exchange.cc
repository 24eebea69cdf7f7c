// Spikes of a step: note who fired, and let arrive what is due.
//
// The log has a row a step, step mod rows, with the sources that fired in it; counts says how many.
// A call notes the flags of step `found`; then, for each distinct delay d, the synapses with that
// delay of the sources that fired in step `due - d` add their weights.
//
// The targets are cut into parts of at most 2^16 slots. A part has its own table, sorted by
// (source, delay): segment[part][source][d] is where the synapses of a delay start. Parts are
// worked on by threads of XLA's pool; a slot belongs to one part and gets its sums in one order, so
// the result does not depend on the number of threads.

#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels.h"

namespace spikesim {
namespace {

struct Segment {
  uint32_t begin, end;
};

// How many segments ahead the caches are told of.
constexpr size_t kAhead = 6;

int32_t AppendSet(const bool* flags, int64_t n, int32_t* out) {
  int32_t count = 0;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t eight;
    std::memcpy(&eight, flags + i, 8);
    if (!eight) continue;
    for (int64_t k = i; k < i + 8; ++k)
      if (flags[k]) out[count++] = static_cast<int32_t>(k);
  }
  for (; i < n; ++i)
    if (flags[i]) out[count++] = static_cast<int32_t>(i);
  return count;
}

struct Table {
  const uint32_t* segment;  // [parts][sources][delays + 1]
  const int32_t* delays;    // [delays], distinct, ascending
  int64_t n_delays;
  int64_t n_sources;
  const uint16_t* target;  // [synapses], within the part
};

// The steps whose spikes are still under way.
struct Log {
  int32_t* source;  // [rows][sources]
  int32_t* count;   // [rows]
  int64_t rows;
};

// The segments of one part that arrive in step `due`.
void Gather(const Table& table, int64_t part, const Log& log, int32_t found, int32_t due,
            std::vector<Segment>& segments) {
  segments.clear();
  const int64_t stride = table.n_delays + 1;
  const uint32_t* mine = table.segment + part * table.n_sources * stride;
  for (int64_t d = 0; d < table.n_delays; ++d) {
    const int64_t step = static_cast<int64_t>(due) - table.delays[d];
    if (step < 0 || step > found) continue;
    const int64_t row = step % log.rows;
    const int32_t* sources = log.source + row * table.n_sources;
    for (int32_t k = 0; k < log.count[row]; ++k) {
      const uint32_t* bounds = mine + sources[k] * stride + d;
      if (bounds[0] != bounds[1]) segments.push_back({bounds[0], bounds[1]});
    }
  }
}

template <typename Real>
void Deliver(const std::vector<Segment>& segments, const uint16_t* target, const Real* weight,
             Real* arrived) {
  for (size_t k = 0; k < segments.size(); ++k) {
    if (k + kAhead < segments.size()) {
      __builtin_prefetch(target + segments[k + kAhead].begin);
      __builtin_prefetch(weight + segments[k + kAhead].begin);
    }
    const Segment s = segments[k];
    for (uint32_t i = s.begin; i < s.end; ++i) arrived[target[i]] += weight[i];
  }
}

template <ffi::DataType kReal>
ffi::Error Exchange(ffi::ThreadPool pool, ffi::Buffer<ffi::PRED> fired, ffi::Buffer<ffi::S32> log,
                    ffi::Buffer<ffi::S32> counts, ffi::Buffer<ffi::S32> found,
                    ffi::Buffer<ffi::S32> due, ffi::Buffer<kReal> weight,
                    ffi::Buffer<ffi::S32> delays, ffi::Buffer<ffi::U32> segment,
                    ffi::Buffer<ffi::U16> target, ffi::Buffer<ffi::S32> part_start,
                    ffi::ResultBuffer<ffi::S32> log_out, ffi::ResultBuffer<ffi::S32> counts_out,
                    ffi::ResultBuffer<kReal> arrived) {
  // Aliased operands share their memory with the results; XLA copies where it can't.
  if (log_out->typed_data() != log.typed_data())
    std::memcpy(log_out->typed_data(), log.typed_data(), log.size_bytes());
  if (counts_out->typed_data() != counts.typed_data())
    std::memcpy(counts_out->typed_data(), counts.typed_data(), counts.size_bytes());
  const int64_t n = log.element_count() / counts.element_count();
  const Log all{log_out->typed_data(), counts_out->typed_data(), counts.element_count()};
  const int32_t step = *found.typed_data();
  if (step >= 0 && fired.element_count() == n) {
    const int64_t row = step % all.rows;
    all.count[row] = AppendSet(fired.typed_data(), n, all.source + row * n);
  }
  std::memset(arrived->typed_data(), 0, arrived->size_bytes());
  const Table table{segment.typed_data(), delays.typed_data(),
                    static_cast<int64_t>(delays.element_count()), n, target.typed_data()};
  const int64_t parts = part_start.element_count() - 1;
  ForEachPart(pool, parts, [&](int64_t part) {
    thread_local std::vector<Segment> segments;
    Gather(table, part, all, step, *due.typed_data(), segments);
    Deliver(segments, table.target, weight.typed_data(),
            arrived->typed_data() + part_start.typed_data()[part]);
  });
  return ffi::Error::Success();
}

// The transpose of what arrives as a function of the weights: each synapse that delivers in step
// `due` gets the value at its target, the others zero.
template <ffi::DataType kReal>
ffi::Error Collect(ffi::ThreadPool pool, ffi::Buffer<ffi::S32> log, ffi::Buffer<ffi::S32> counts,
                   ffi::Buffer<ffi::S32> found, ffi::Buffer<ffi::S32> due,
                   ffi::Buffer<kReal> arrived, ffi::Buffer<ffi::S32> delays,
                   ffi::Buffer<ffi::U32> segment, ffi::Buffer<ffi::U16> target,
                   ffi::Buffer<ffi::S32> part_start, ffi::ResultBuffer<kReal> weight) {
  const int64_t n = log.element_count() / counts.element_count();
  const Log all{log.typed_data(), counts.typed_data(), static_cast<int64_t>(counts.element_count())};
  std::memset(weight->typed_data(), 0, weight->size_bytes());
  const Table table{segment.typed_data(), delays.typed_data(),
                    static_cast<int64_t>(delays.element_count()), n, target.typed_data()};
  ForEachPart(pool, part_start.element_count() - 1, [&](int64_t part) {
    thread_local std::vector<Segment> segments;
    Gather(table, part, all, *found.typed_data(), *due.typed_data(), segments);
    const auto* here = arrived.typed_data() + part_start.typed_data()[part];
    for (const Segment& s : segments)
      for (uint32_t i = s.begin; i < s.end; ++i) weight->typed_data()[i] = here[table.target[i]];
  });
  return ffi::Error::Success();
}

}  // namespace

#define SPIKESIM_EXCHANGE(NAME, REAL)                              \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(NAME, Exchange<REAL>,              \
                                ffi::Ffi::Bind()                   \
                                    .Ctx<ffi::ThreadPool>()        \
                                    .Arg<ffi::Buffer<ffi::PRED>>() \
                                    .Arg<ffi::Buffer<ffi::S32>>()  \
                                    .Arg<ffi::Buffer<ffi::S32>>()  \
                                    .Arg<ffi::Buffer<ffi::S32>>()  \
                                    .Arg<ffi::Buffer<ffi::S32>>()  \
                                    .Arg<ffi::Buffer<REAL>>()      \
                                    .Arg<ffi::Buffer<ffi::S32>>()  \
                                    .Arg<ffi::Buffer<ffi::U32>>()  \
                                    .Arg<ffi::Buffer<ffi::U16>>()  \
                                    .Arg<ffi::Buffer<ffi::S32>>()  \
                                    .Ret<ffi::Buffer<ffi::S32>>()  \
                                    .Ret<ffi::Buffer<ffi::S32>>()  \
                                    .Ret<ffi::Buffer<REAL>>())

SPIKESIM_EXCHANGE(spikesim_exchange_f32, ffi::F32);
SPIKESIM_EXCHANGE(spikesim_exchange_f64, ffi::F64);

#define SPIKESIM_COLLECT(NAME, REAL)                              \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(NAME, Collect<REAL>,              \
                                ffi::Ffi::Bind()                  \
                                    .Ctx<ffi::ThreadPool>()       \
                                    .Arg<ffi::Buffer<ffi::S32>>() \
                                    .Arg<ffi::Buffer<ffi::S32>>() \
                                    .Arg<ffi::Buffer<ffi::S32>>() \
                                    .Arg<ffi::Buffer<ffi::S32>>() \
                                    .Arg<ffi::Buffer<REAL>>()     \
                                    .Arg<ffi::Buffer<ffi::S32>>() \
                                    .Arg<ffi::Buffer<ffi::U32>>() \
                                    .Arg<ffi::Buffer<ffi::U16>>() \
                                    .Arg<ffi::Buffer<ffi::S32>>() \
                                    .Ret<ffi::Buffer<REAL>>())

SPIKESIM_COLLECT(spikesim_collect_f32, ffi::F32);
SPIKESIM_COLLECT(spikesim_collect_f64, ffi::F64);

}  // namespace spikesim
