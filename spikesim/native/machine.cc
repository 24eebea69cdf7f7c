// Steps of a network, from the first to the last without a way out: what spikesim/backends/step.py
// means, by loops over blocks of elements that stay in the nearest cache, and by the delivery of
// events. Threads share the elements and the parts of the slots, and meet twice a step.

#include "machine.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include "deal.h"
#include "delivery.h"
#include "draws.h"
#include "half.h"
#include "together.h"

namespace spikesim {
namespace {

struct Steps {
  const Network& net;
  uint32_t seed;
  int64_t first, count;
  int32_t* spike_step;  // recorded spikes [room], or nullptr
  int32_t* spike_source;
  int64_t room, spikes, done;
  bool again;  // are spikes under way to be sent anew before the first step?
};

class Worker {
 public:
  Worker(Steps& steps, Barrier& barrier, int64_t number, std::vector<Stretch> stretches,
         const SpikeLog& log)
      : steps_(steps), net_(steps.net), barrier_(barrier), number_(number),
        stretches_(std::move(stretches)), log_(log),
        memory_(new uint8_t[net_.local + 64]) {
    local_ = memory_.get() + (64 - reinterpret_cast<uintptr_t>(memory_.get()) % 64) % 64;
    for (const Stretch& s : stretches_) {
      had_.emplace_back();
      for (int64_t e = 0; e < s.group->n_events; ++e)
        had_.back().emplace_back(static_cast<size_t>(s.end - s.begin));
      had_count_.emplace_back(s.group->n_events, 0);
    }
    fired_.resize(net_.layers);
  }

  void Run() {
    const FlushSubnormals flushing;
    const int64_t end = steps_.first + steps_.count;
    if (steps_.again) SendAgain();
    for (now_ = steps_.first; now_ < end && HasRoom(); ++now_) {
      SetTime(now_);
      if (net_.links) Follow();
      if (net_.begins) Begin();
      Sample();
      if (net_.acts) Act();
      for (int64_t round = 0; round < net_.n_rounds; ++round) {
        Couple(round);
        Phase([round](const Group& group) -> const Code& { return group.before[round]; });
      }
      if (net_.precise) BetweenSteps();
      if (!net_.deliver_first) FindSpikes();
      barrier_.Wait();
      // Before events are looked for, the latest known are those of the step before.
      const int64_t found = net_.deliver_first ? now_ - 1 : now_;
      if (net_.n_plastic) Respond(found);
      Deliver(found);
      if (number_ == 0) Record(found);
      barrier_.Wait();
      Phase([](const Group& group) -> const Code& { return group.after; });
      Clear();
      if (net_.deliver_first) FindSpikes();
      Reset();
    }
    barrier_.Wait();
    if (number_) return;
    steps_.done = now_ - steps_.first;
    if (net_.deliver_first) Record(now_ - 1);
  }

 private:
  // Makes the ring anew from the log: spikes are sent as they were, but with the present weights,
  // and what has arrived since is left out.
  void SendAgain() {
    const int64_t width = net_.wide ? 8 : 4;
    const auto clear = [&](void* array, int64_t part) {
      const int64_t start = net_.part_start[part];
      std::memset(static_cast<uint8_t*>(array) + start * width, 0,
                  (net_.part_start[part + 1] - start) * width);
    };
    for (int64_t part = number_; part < net_.n_parts; part += net_.threads)
      for (int64_t row = 0; row < net_.rows; ++row)
        clear(static_cast<uint8_t*>(net_.ring) + row * net_.n_slots * width, part);
    for (now_ = std::max<int64_t>(0, steps_.first - net_.rows + 1); now_ < steps_.first; ++now_) {
      Deliver(net_.deliver_first ? now_ - 1 : now_);
      for (int64_t part = number_; part < net_.n_parts; part += net_.threads)
        clear(net_.arrived, part);
    }
    barrier_.Wait();
  }

  // Links read what other threads write, so all meet before and after.
  void Follow() {
    barrier_.Wait();
    for (const Stretch& s : stretches_)
      for (int64_t k = 0; k < s.group->n_links; ++k) {
        const Link& link = s.group->links[k];
        for (int64_t i = s.begin; i < s.end; ++i)
          Move(link.out + i * link.width, link.values + link.index[i] * link.width, link.width);
      }
    barrier_.Wait();
  }

  void Begin() {
    for (int64_t g = 0; g < net_.n_groups; ++g) Together(net_.groups[g], net_.groups[g].begin);
  }

  void Act() {
    for (int64_t g = 0; g < net_.n_groups; ++g)
      for (int64_t k = 0; k < net_.groups[g].n_clocks; ++k) {
        const Clock& clock = net_.groups[g].clocks[k];
        const int64_t since = now_ - clock.offset;
        if (clock.at ? std::binary_search(clock.at, clock.at + clock.n_at, now_)
                     : since >= 0 && since % clock.every == 0)
          Together(net_.groups[g], clock.code);
      }
  }

  // Code of a group that may write what its elements share.
  void Together(const Group& group, const Code& code) {
    for (const Stretch& s : stretches_)
      if (s.group == &group) Blocks(code, s.begin, s.end);
    if (!code.n_keep) return;
    barrier_.Wait();
    if (number_ == 0) {
      Execute(code.once, code.n_once, 0, 1, nullptr);
      Execute(code.keep, code.n_keep, 0, 1, nullptr);
    }
    barrier_.Wait();
  }

  // Probes read what other threads write, so all meet before and after.
  void Sample() {
    bool due = false;
    for (int64_t k = 0; k < net_.n_probes; ++k) due |= now_ % net_.probes[k].every == 0;
    if (!due) return;
    barrier_.Wait();
    for (int64_t k = number_; k < net_.n_probes; k += net_.threads) {
      const Probe& p = net_.probes[k];
      if (now_ % p.every) continue;
      const int64_t sample = now_ / p.every - (steps_.first + p.every - 1) / p.every;
      uint8_t* out = p.out + sample * p.count * p.width;
      for (int64_t i = 0; i < p.count; ++i)
        std::memcpy(out + i * p.width, p.values + p.index[i] * p.width, p.width);
    }
    barrier_.Wait();
  }

  template <typename Which>
  void Phase(Which which) {
    for (const Stretch& s : stretches_) Blocks(which(*s.group), s.begin, s.end);
  }

  void Blocks(const Code& code, int64_t first, int64_t end) {
    Execute(code.once, code.n_once, 0, 1, nullptr);
    if (!code.n_each) return;
    for (int64_t begin = first; begin < end; begin += net_.block)
      Execute(code.each, code.n_each, begin, std::min(net_.block, end - begin), nullptr);
  }

  // Edges read what other threads write, so all meet before and after.
  void Couple(int64_t round) {
    bool due = false;
    for (int64_t k = 0; k < net_.n_couplings; ++k) due |= IsDue(net_.couplings[k], round);
    if (!due) return;
    barrier_.Wait();
    bool pooled = false;
    for (int64_t k = 0; k < net_.n_couplings; ++k) {
      const Coupling& c = net_.couplings[k];
      if (!c.pooled || !IsDue(c, round)) continue;
      const int64_t n = c.n_edges, threads = net_.threads;
      Blocks(c.code, n * number_ / threads, n * (number_ + 1) / threads);
      pooled = true;
    }
    if (pooled) barrier_.Wait();
    for (int64_t k = 0; k < net_.n_couplings; ++k) {
      const Coupling& c = net_.couplings[k];
      if (!IsDue(c, round)) continue;
      for (const Stretch& s : stretches_) {
        if (s.group != net_.groups + c.group) continue;
        if (!c.pooled) Blocks(c.code, c.row[s.begin], c.row[s.end]);
        if (net_.wide) Sum<double>(c, s.begin, s.end);
        else Sum<float>(c, s.begin, s.end);
      }
    }
    barrier_.Wait();
  }

  static bool IsDue(const Coupling& c, int64_t round) {
    return c.first <= round && round <= c.last;
  }

  template <typename Real>
  static void Sum(const Coupling& c, int64_t begin, int64_t end) {
    const Real* values = static_cast<const Real*>(c.values);
    Real* total = static_cast<Real*>(c.total);
    Real all = 0;
    for (int64_t k = 0; c.pooled && k < c.n_edges; ++k) all += values[k];
    for (int64_t i = begin; i < end; ++i) {
      Real sum = c.pooled && c.row[i] < c.row[i + 1] ? all : 0;
      for (int64_t k = c.row[i]; !c.pooled && k < c.row[i + 1]; ++k) sum += values[k];
      total[i] = c.add ? total[i] + sum : sum;
    }
  }

  void* Find(const Operand& x, int64_t first) {
    uint8_t* base = x.local ? local_ + x.base : reinterpret_cast<uint8_t*>(x.base);
    return base + x.stride * first;
  }

  // The elements of a list.
  void Listed(const Code& code, const std::vector<int32_t>& list) {
    const int64_t n = static_cast<int64_t>(list.size());
    if (!n || !code.n_each) return;
    Execute(code.once, code.n_once, 0, 1, nullptr);
    for (int64_t done = 0; done < n; done += net_.block)
      Execute(code.each, code.n_each, 0, std::min(net_.block, n - done), list.data() + done);
  }

  // Precise groups go through the step. Arrivals are of earlier steps, which other threads found.
  void BetweenSteps() {
    barrier_.Wait();
    for (const Stretch& s : stretches_) {
      if (!s.group->precise) continue;
      const Precise& p = *s.group->precise;
      Gather(p.timed, log_, net_.sent, now_, s.begin, s.end, arrivals_);
      waiting_.clear();
      for (size_t k = 0; k < arrivals_.size(); ++k)
        if (!k || arrivals_[k].element != arrivals_[k - 1].element) waiting_.push_back(k);
      // First all go on to what first arrives at them, then those that something follows at, ...
      while (true) {
        list_.clear();
        for (const size_t k : waiting_)
          if (arrivals_[k].time < net_.dt) {
            list_.push_back(arrivals_[k].element);
            p.until[arrivals_[k].element] = arrivals_[k].time;
          }
        if (list_.empty()) break;
        GoOn(p);
        Land(p.land, s, true);
      }
      list_.clear();
      for (int64_t i = s.begin; i < s.end; ++i) {
        list_.push_back(static_cast<int32_t>(i));
        p.until[i] = net_.dt;
      }
      GoOn(p);
      Land(p.finish, s, false);
      Cross(p);
      Blocks(p.look, s.begin, s.end);
    }
  }

  void GoOn(const Precise& p) {
    Listed(p.advance, list_);
    Cross(p);
  }

  void Cross(const Precise& p) {
    crossing_.clear();
    for (const int32_t i : list_)
      if (p.crossing[i]) crossing_.push_back(i);
    Listed(p.cross, crossing_);
  }

  // Lets arrive what is due first at each element that waits, if that is as early as asked for.
  void Land(const Code& code, const Stretch& s, bool before_the_end) {
    double* arrived = static_cast<double*>(net_.arrived);
    landed_.clear();
    size_t left = 0;
    for (size_t k : waiting_) {
      const Arrival first = arrivals_[k];
      if ((first.time < net_.dt) == before_the_end) {
        for (; k < arrivals_.size() && arrivals_[k].element == first.element &&
               arrivals_[k].time == first.time; ++k) {
          const int64_t slot = s.group->slot[arrivals_[k].port] + first.element;
          arrived[slot] += arrivals_[k].weight;
          landed_.push_back(slot);
        }
        if (k == arrivals_.size() || arrivals_[k].element != first.element) continue;
      }
      waiting_[left++] = k;
    }
    waiting_.resize(left);
    Listed(code, list_);
    for (const int64_t slot : landed_) arrived[slot] = 0.0;
  }

  // The elements first ... first + n - 1, or those at `index`.
  void Execute(const Instruction* code, int64_t length, int64_t first, int64_t n,
               const int32_t* index) {
    for (const Instruction* one = code; one < code + length; ++one) {
      void* out = Find(one->out, first);
      void* a = Find(one->a, first);
      if (one->what == Instruction::kLoop)
        one->loop(out, a, Find(one->b, first), Find(one->c, first), n);
      else
        Special(*one, out, a, Find(one->b, first), first, n, index);
    }
  }

  void Special(const Instruction& one, void* out, void* a, void* b, int64_t first, int64_t n,
               const int32_t* index) {
    const int32_t width = one.c.stride;
    switch (one.what) {
      case Instruction::kTransmit:
        if (net_.wide)
          Transmit(one, static_cast<double*>(out), static_cast<const double*>(a),
                   static_cast<const int32_t*>(b), n, index);
        else
          Transmit(one, static_cast<float*>(out), static_cast<const float*>(a),
                   static_cast<const int32_t*>(b), n, index);
        return;
      case Instruction::kGather:
        if (one.stream) index = ends_[one.stream].data();
        for (int64_t i = 0; i < n; ++i)
          Move(static_cast<uint8_t*>(out) + i * width,
               static_cast<uint8_t*>(a) + index[i] * int64_t{width}, width);
        return;
      case Instruction::kScatter:
        for (int64_t i = 0; i < n; ++i)
          Move(static_cast<uint8_t*>(out) + index[i] * int64_t{width},
               static_cast<uint8_t*>(a) + i * width, width);
        return;
      default: break;
    }
    Draw(one, out, a, b, static_cast<uint32_t>(first), n, index);
  }

  static void Move(void* to, const void* from, int32_t width) {
    if (width == 4) std::memcpy(to, from, 4);
    else if (width == 8) std::memcpy(to, from, 8);
    else std::memcpy(to, from, 1);
  }

  void Draw(const Instruction& one, void* out, const void* a, const void* b, uint32_t first,
            int64_t n, const int32_t* index) {
    const Counters at{steps_.seed, one.stream, static_cast<uint32_t>(step_), first, index};
    if (one.what == Instruction::kUniform) return StepUniforms(at, n, static_cast<double*>(out));
    if (one.what == Instruction::kNormal) return StepNormals(at, n, static_cast<double*>(out));
    const double* mean = static_cast<const double*>(a);
    const double* zero = static_cast<const double*>(b);
    int32_t* counts = static_cast<int32_t*>(out);
    if (one.what == Instruction::kPoissons) return StepPoissons(mean, zero, at, n, counts);
    StepPoissons(SumsFor(one.stream, *mean, *zero), at, n, counts);
  }

  // Partial sums of the probabilities, made again where the mean has changed.
  const PoissonSums& SumsFor(uint32_t stream, double mean, double zero) {
    for (auto& [known, sums] : sums_)
      if (known == stream) {
        if (sums->mean != mean) *sums = PoissonSums(mean, zero);
        return *sums;
      }
    sums_.emplace_back(stream, std::make_unique<PoissonSums>(mean, zero));
    return *sums_.back().second;
  }

  void FindSpikes() {
    const int64_t row = now_ % log_.rows;
    std::fill(fired_.begin(), fired_.end(), 0);
    for (size_t k = 0; k < stretches_.size(); ++k) {
      const Stretch& s = stretches_[k];
      for (int64_t e = 0; e < s.group->n_events; ++e) {
        const Event& event = s.group->events[e];
        int32_t* elements = had_[k][e].data();
        const int32_t n = AppendSet(event.flags + s.begin, s.end - s.begin,
                                    static_cast<int32_t>(s.begin), elements);
        had_count_[k][e] = n;
        if (event.first_source < 0) continue;
        const int64_t piece = event.layer * net_.threads + number_;
        int32_t* sources = log_.source + row * log_.n_sources + log_.piece_start[piece];
        const int32_t shift = static_cast<int32_t>(event.first_source);
        int32_t& fired = fired_[event.layer];
        for (int32_t i = 0; i < n; ++i) sources[fired + i] = elements[i] + shift;
        fired += n;
        double* sent = net_.sent + row * log_.n_sources;
        for (int32_t i = 0; net_.sent && i < n; ++i)
          sent[elements[i] + shift] = event.offset ? event.offset[elements[i]] : net_.dt;
      }
    }
    for (int64_t layer = 0; layer < net_.layers; ++layer)
      log_.count[row * log_.pieces + layer * net_.threads + number_] = fired_[layer];
  }

  // For one more step, and one that is not recorded yet.
  bool HasRoom() const {
    for (int64_t k = 0; k < net_.n_logs; ++k)
      if (net_.logs[k].count + 2 * net_.logs[k].size > net_.logs[k].room) return false;
    return !steps_.spike_step || steps_.spikes + 2 * net_.n_sources <= steps_.room;
  }

  // Until all have met again, flags and logged variables are as they were when events were found.
  void Record(int64_t found) {
    if (found < steps_.first) return;
    for (int64_t k = 0; k < net_.n_logs; ++k) Append(net_.logs[k], found);
    if (!steps_.spike_step) return;
    const int64_t row = found % log_.rows;
    for (int64_t piece = 0; piece < log_.pieces; ++piece) {
      const int32_t n = log_.count[row * log_.pieces + piece];
      std::memcpy(steps_.spike_source + steps_.spikes,
                  log_.source + row * log_.n_sources + log_.piece_start[piece], 4 * n);
      std::fill_n(steps_.spike_step + steps_.spikes, n, static_cast<int32_t>(found));
      steps_.spikes += n;
    }
  }

  static void Append(Log& log, int64_t found) {
    int32_t* position = log.position + log.count;
    int32_t n = 0;
    if (!log.index) n = AppendSet(log.flags, log.size, 0, position);
    else
      for (int64_t i = 0; i < log.size; ++i)
        if (log.flags[log.index[i]]) position[n++] = static_cast<int32_t>(i);
    std::fill_n(log.step + log.count, n, static_cast<int32_t>(found));
    for (int64_t c = 0; c < log.n_columns; ++c) {
      const Column& column = log.columns[c];
      const int32_t width = static_cast<int32_t>(column.width);
      uint8_t* out = column.out + log.count * width;
      for (int32_t i = 0; i < n; ++i) {
        const int64_t element = log.index ? log.index[position[i]] : position[i];
        Move(out + i * width, column.values + element * width, width);
      }
    }
    log.count += n;
  }

  void Deliver(int64_t found) {
    for (int64_t part = number_; part < net_.n_parts; part += net_.threads) {
      if (net_.wide) Arrive<double>(part, found);
      else Arrive<float>(part, found);
    }
  }

  template <typename Real>
  void Arrive(int64_t part, int64_t found) {
    const int64_t start = net_.part_start[part];
    Real* arrived = static_cast<Real*>(net_.arrived) + start;
    Real* ring = static_cast<Real*>(net_.ring) + start;
    for (int64_t k = 0; k < net_.n_tables; ++k) {
      const Table& t = net_.tables[k];
      if (t.segment)
        Gather({t.segment, t.delays, t.n_delays, net_.n_sources, t.target}, part, log_, found, now_,
               segments_);
      else
        GatherRows(t.row + part * (net_.n_sources + 1), log_, found, segments_);
      const Ring<Real> to{ring, net_.rows, net_.n_slots, found};
      if (t.width == 2) Add(t, static_cast<const Half*>(t.weight), arrived, to);
      else if (t.width == 4) Add(t, static_cast<const float*>(t.weight), arrived, to);
      else Add(t, static_cast<const double*>(t.weight), arrived, to);
    }
    if (net_.transmitted) Take<Real>(part, arrived);
    if (!net_.ring) return;
    Real* due = ring + now_ % net_.rows * net_.n_slots;
    const int64_t n = net_.part_start[part + 1] - start;
    for (int64_t i = 0; i < n; ++i) arrived[i] += due[i];
    std::memset(due, 0, n * sizeof(Real));
  }

  // What plastic synapses have sent to a part for this step.
  template <typename Real>
  void Take(int64_t part, Real* arrived) {
    const int64_t start = net_.part_start[part], n = net_.part_start[part + 1] - start;
    Real* due = static_cast<Real*>(net_.transmitted) +
                now_ % net_.transmitted_rows * net_.n_slots + start;
    for (int64_t i = 0; i < n; ++i) arrived[i] += due[i];
    std::memset(due, 0, n * sizeof(Real));
  }

  // What the events of step `found` make of plastic synapses. A thread has those of its targets;
  // all meet before and after what neurons do for the synapses of others.
  void Respond(int64_t found) {
    found_ = found;
    SetTime(found);
    for (int64_t k = 0; k < net_.n_plastic; ++k) {
      const Plastic& p = net_.plastic[k];
      for (int64_t r = 0; r < p.n_responses; ++r) {
        const Response& response = p.responses[r];
        if (response.of_neurons) {
          barrier_.Wait();
          const Side& side = response.to == Response::kPre ? p.pre : p.post;
          ListNeurons(side, found);
          Listed(response.code, list_);
          barrier_.Wait();
        } else if (response.to == Response::kStep) {
          All(p, response.code);
        } else {
          RespondTo(p, response, found);
        }
      }
    }
    SetTime(now_);
    barrier_.Wait();
  }

  void SetTime(int64_t step) {
    const double t = static_cast<double>(step) * net_.dt;
    const int32_t number = static_cast<int32_t>(step);
    std::memcpy(local_, &t, 8);
    std::memcpy(local_ + 8, &number, 4);
    step_ = step;
  }

  // The thread's stretch of a group; empty where it has none.
  Stretch Mine(int64_t group) const {
    for (const Stretch& s : stretches_)
      if (s.group == net_.groups + group) return s;
    return {net_.groups + group, 0, 0};
  }

  // The elements of a side that spiked in a step, all or those of the thread, into `into`.
  void Spiked(const Side& side, int64_t step, int64_t begin, int64_t end,
              std::vector<int32_t>& into) {
    into.clear();
    if (step < 0) return;
    const int64_t row = step % log_.rows;
    const int32_t low = static_cast<int32_t>(side.first_source + begin);
    const int32_t high = static_cast<int32_t>(side.first_source + end);
    for (int64_t piece = 0; piece < log_.pieces; ++piece) {
      const int32_t* first = log_.source + row * log_.n_sources + log_.piece_start[piece];
      const int32_t* last = first + log_.count[row * log_.pieces + piece];
      for (const int32_t* at = std::lower_bound(first, last, low); at < last && *at < high; ++at)
        into.push_back(*at - static_cast<int32_t>(side.first_source));
    }
  }

  // Those of the thread's neurons of a side that have an event: their side has one delay.
  void ListNeurons(const Side& side, int64_t found) {
    const Stretch mine = Mine(side.group);
    Spiked(side, found - side.lookups[0].delay, mine.begin, mine.end, list_);
  }

  // A response of the synapses with an event.
  void RespondTo(const Plastic& p, const Response& response, int64_t found) {
    const bool pre = response.to == Response::kPre;
    const Side& side = pre ? p.pre : p.post;
    const Stretch mine = Mine(p.post.group);
    own_.clear();
    for (int64_t d = 0; d < side.n_lookups; ++d) {
      const Lookup& lookup = side.lookups[d];
      if (pre) Spiked(side, found - lookup.delay, 0, side.size, spiked_);
      else Spiked(side, found - lookup.delay, mine.begin, mine.end, spiked_);
      for (const int32_t neuron : spiked_) {
        int64_t begin = lookup.start[neuron], end = lookup.start[neuron + 1];
        if (pre && net_.threads > 1) {  // of one source they ascend by target
          const auto before = [&](int64_t limit) {
            int64_t low = begin, high = end;
            while (low < high) {
              const int64_t mid = (low + high) / 2;
              const int64_t synapse = lookup.synapse ? lookup.synapse[mid] : mid;
              if (p.target[synapse] < limit) low = mid + 1;
              else high = mid;
            }
            return low;
          };
          const int64_t first = before(mine.begin);
          end = before(mine.end);
          begin = first;
        }
        for (int64_t i = begin; i < end; ++i)
          own_.push_back(lookup.synapse ? lookup.synapse[i] : static_cast<int32_t>(i));
      }
    }
    Synapses(p, response.code);
  }

  // Runs code for the synapses in `own_`.
  void Synapses(const Plastic& p, const Code& code) {
    const int64_t n = static_cast<int64_t>(own_.size());
    if (!n) return;
    Execute(code.once, code.n_once, 0, 1, nullptr);
    for (int64_t done = 0; done < n; done += net_.block) {
      const int64_t some = std::min(net_.block, n - done);
      const int32_t* own = own_.data() + done;
      ends_[1].resize(some);
      ends_[2].resize(some);
      for (int64_t i = 0; i < some; ++i) ends_[1][i] = p.source[own[i]];
      for (int64_t i = 0; i < some; ++i) ends_[2][i] = p.target[own[i]];
      Execute(code.each, code.n_each, 0, some, own);
    }
  }

  // Runs code for all synapses of the thread's targets.
  void All(const Plastic& p, const Code& code) {
    const Stretch mine = Mine(p.post.group);
    const int32_t begin = static_cast<int32_t>(mine.begin), end = static_cast<int32_t>(mine.end);
    own_.clear();
    for (int64_t i = 0; i < p.n; ++i)
      if (begin <= p.target[i] && p.target[i] < end) own_.push_back(static_cast<int32_t>(i));
    Synapses(p, code);
  }

  template <typename Real>
  void Transmit(const Instruction& one, Real* first, const Real* value, const int32_t* delay,
                int64_t n, const int32_t* own) const {
    const int64_t rows = net_.transmitted_rows, slots = net_.n_slots;
    const std::vector<int32_t>& target = ends_[2];
    if (!one.b.stride) {
      Real* row = first + (found_ + delay[0]) % rows * slots;
      for (int64_t i = 0; i < n; ++i) row[target[i]] += value[i];
      return;
    }
    for (int64_t i = 0; i < n; ++i)
      first[(found_ + delay[own[i]]) % rows * slots + target[i]] += value[i];
  }

  template <typename Weight, typename Real>
  void Add(const Table& t, const Weight* weight, Real* arrived, const Ring<Real>& ring) {
    if (t.segment && t.shared) spikesim::Deliver<true>(segments_, t.target, weight, arrived);
    else if (t.segment) spikesim::Deliver<false>(segments_, t.target, weight, arrived);
    else if (t.number) SendSome(t, weight, ring);
    else if (t.shared) Send<true>(segments_, t.target, t.delay, weight, ring);
    else Send<false>(segments_, t.target, t.delay, weight, ring);
  }

  // As Send, of the synapses that transmit.
  template <typename Weight, typename Real>
  void SendSome(const Table& t, const Weight* weight, const Ring<Real>& ring) {
    const Counters at{steps_.seed, t.stream, static_cast<uint32_t>(ring.found), 0, nullptr};
    for (const Segment& s : segments_) {
      Counters mine = at;
      mine.index = t.number + s.begin;
      uniforms_.resize(s.end - s.begin);
      StepUniforms(mine, s.end - s.begin, uniforms_.data());
      for (uint32_t i = s.begin; i < s.end; ++i)
        if (uniforms_[i - s.begin] < t.release[t.release_each ? i : 0])
          ring.Add(t.delay[i], t.target[i], static_cast<Real>(weight[i]));
    }
  }

  // What has arrived is taken: the slots start the next step from zero.
  void Clear() {
    const int64_t width = net_.wide ? 8 : 4;
    for (const Stretch& s : stretches_)
      for (int64_t k = 0; k < s.group->n_slots; ++k)
        std::memset(static_cast<uint8_t*>(net_.arrived) + (s.group->slot[k] + s.begin) * width, 0,
                    (s.end - s.begin) * width);
  }

  void Reset() {
    for (size_t k = 0; k < stretches_.size(); ++k)
      for (int64_t e = 0; e < stretches_[k].group->n_events; ++e) {
        const Code& reset = stretches_[k].group->events[e].reset;
        const int32_t n = had_count_[k][e];
        if (!n || !reset.n_each) continue;
        Execute(reset.once, reset.n_once, 0, 1, nullptr);
        for (int64_t done = 0; done < n; done += net_.block)
          Execute(reset.each, reset.n_each, 0, std::min<int64_t>(net_.block, n - done),
                  had_[k][e].data() + done);
      }
  }

  Steps& steps_;
  const Network& net_;
  Barrier& barrier_;
  const int64_t number_;
  const std::vector<Stretch> stretches_;
  const SpikeLog& log_;
  std::unique_ptr<uint8_t[]> memory_;
  uint8_t* local_;
  // Who had an event in this step: [stretch][event][elements], and how many.
  std::vector<std::vector<std::vector<int32_t>>> had_;
  std::vector<std::vector<int32_t>> had_count_;
  std::vector<int32_t> fired_;  // sources found in this step, by layer
  std::vector<Segment> segments_;
  std::vector<double> uniforms_;
  // Of precise groups: what arrives in this step; of it, what is next at each element; the elements
  // that go on, those that cross the threshold, and the slots of what has landed.
  std::vector<Arrival> arrivals_;
  std::vector<size_t> waiting_;
  std::vector<int32_t> list_, crossing_;
  std::vector<int64_t> landed_;
  std::vector<std::pair<uint32_t, std::unique_ptr<PoissonSums>>> sums_;
  // Of plastic synapses: those with an event, the neurons that spiked, and, from 1 on, the sources
  // and targets of a block.
  std::vector<int32_t> own_, spiked_, ends_[3];
  int64_t now_ = 0, found_ = 0, step_ = 0;  // step_: as code sees it
};

// The sources of a row in one piece, the first, as if one thread had found them all: the log is a
// state, which runs on other numbers of threads go on from. Any number of pieces can be read.
void Join(const SpikeLog& log) {
  for (int64_t row = 0; row < log.rows; ++row) {
    int32_t* sources = log.source + row * log.n_sources;
    int32_t* count = log.count + row * log.pieces;
    for (int64_t piece = 1; piece < log.pieces; ++piece) {
      std::memmove(sources + count[0], sources + log.piece_start[piece], 4 * count[piece]);
      count[0] += count[piece];
      count[piece] = 0;
    }
  }
}

}  // namespace

// Takes up to `count` steps from step `first`. Spikes go to spike_step and spike_source [room], or
// nowhere (nullptr); *spikes says how many. Returns how many steps were taken: fewer where there
// was no room for one more; -1 where not all threads could be started. again: of the spikes in the
// log, those under way are sent anew, into the ring.
extern "C" __attribute__((visibility("default"))) int64_t spikesim_run(
    const Network* net, uint32_t seed, int64_t first, int64_t count, int32_t* spike_step,
    int32_t* spike_source, int64_t room, int64_t* spikes, bool again) {
  Steps steps{*net, seed, first, count, spike_step, spike_source, room, 0, 0, again};
  Barrier barrier(net->threads);
  const auto dealt = Deal(*net);
  // The sources of a thread are consecutive in each layer; the first is where a piece of the log
  // starts.
  const int64_t pieces = net->layers * net->threads;
  std::vector<int64_t> piece_start(pieces, -1);
  for (int64_t t = 0; t < net->threads; ++t)
    for (const Stretch& s : dealt[t])
      for (int64_t e = 0; e < s.group->n_events; ++e) {
        const Event& event = s.group->events[e];
        if (event.first_source < 0) continue;
        int64_t& start = piece_start[event.layer * net->threads + t];
        if (start < 0) start = event.first_source + s.begin;
      }
  for (int64_t& start : piece_start) start = std::max<int64_t>(start, 0);
  const SpikeLog log{net->log, net->count, piece_start.data(), net->rows, pieces,
                     net->n_sources};
  std::vector<std::unique_ptr<Worker>> workers;
  for (int64_t t = 0; t < net->threads; ++t)
    workers.push_back(std::make_unique<Worker>(steps, barrier, t, dealt[t], log));
  // None goes before all are there: the system may refuse some.
  enum { kWait, kGo, kLeave };
  std::atomic<int> word{kWait};
  std::vector<std::thread> threads;
  threads.reserve(net->threads);
  int said = kGo;
  try {
    for (int64_t t = 1; t < net->threads; ++t)
      threads.emplace_back([&, t] {
        int heard;
        while ((heard = word.load(std::memory_order_acquire)) == kWait) std::this_thread::yield();
        if (heard == kGo) workers[t]->Run();
      });
  } catch (const std::system_error&) {
    said = kLeave;
  }
  word.store(said, std::memory_order_release);
  if (said == kGo) workers[0]->Run();
  for (std::thread& thread : threads) thread.join();
  Join(log);
  *spikes = steps.spikes;
  return said == kGo ? steps.done : -1;
}

// What this processor can do: 2 AVX-512, 1 AVX2, 0 what every one can.
extern "C" __attribute__((visibility("default"))) int spikesim_level() {
#if defined(SPIKESIM_X86)
  if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq"))
    return 2;
  if (__builtin_cpu_supports("avx2")) return 1;
#endif
  return 0;
}

// The loop of that name for a level that the processor has; nullptr where there is none.
extern "C" __attribute__((visibility("default"))) Loop spikesim_operation(const char* name,
                                                                          int single, int level) {
#if defined(SPIKESIM_X86)
  if (level == 2) return FindAvx512(name, single);
  if (level == 1) return FindAvx2(name, single);
#endif
  return FindBaseline(name, single);
}

}  // namespace spikesim
