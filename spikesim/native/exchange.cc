// Spikes of a step for XLA: note who fired, and let arrive what is due; see delivery.h.

#include <cstdint>
#include <cstring>
#include <vector>

#include "delivery.h"
#include "kernels.h"

namespace spikesim {
namespace {

const int64_t kOnePiece[] = {0};

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
  const SpikeLog all{log_out->typed_data(), counts_out->typed_data(), kOnePiece,
                     static_cast<int64_t>(counts.element_count()), 1, n};
  const int32_t step = *found.typed_data();
  if (step >= 0 && fired.element_count() == n) {
    const int64_t row = step % all.rows;
    const auto* flags = reinterpret_cast<const uint8_t*>(fired.typed_data());
    all.count[row] = AppendSet(flags, n, 0, all.source + row * n);
  }
  std::memset(arrived->typed_data(), 0, arrived->size_bytes());
  const Synapses table{segment.typed_data(), delays.typed_data(),
                    static_cast<int64_t>(delays.element_count()), n, target.typed_data()};
  const int64_t parts = part_start.element_count() - 1;
  ForEachPart(pool, parts, [&](int64_t part) {
    thread_local std::vector<Segment> segments;
    Gather(table, part, all, step, *due.typed_data(), segments);
    Deliver<false>(segments, table.target, weight.typed_data(),
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
  const SpikeLog all{log.typed_data(), counts.typed_data(), kOnePiece,
                     static_cast<int64_t>(counts.element_count()), 1, n};
  std::memset(weight->typed_data(), 0, weight->size_bytes());
  const Synapses table{segment.typed_data(), delays.typed_data(),
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
