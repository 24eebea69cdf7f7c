// A network as the machine runs it. The layouts are those of spikesim/native/machine.py.
#ifndef SPIKESIM_NATIVE_MACHINE_H_
#define SPIKESIM_NATIVE_MACHINE_H_

#include <cstdint>

#include "operations.h"
#include "precise.h"
#include "table.h"

namespace spikesim {

// Where an instruction finds the elements of a block: at base + stride * (first element), in bytes.
// base is an address, or, of a local one, an offset in the thread's own memory. stride is 0 for one
// value for all, and for registers, which hold one block.
struct Operand {
  int64_t base;
  int32_t stride;
  int32_t local;
};

struct Instruction {
  enum What : int32_t {
    kLoop,      // loop(out, a, b, c, n)
    kUniform,   // out double; key (seed, stream), counter (step, element)
    kNormal,    // the same
    kPoisson,   // out int32, a mean, b probability of zero: double, one for all
    kPoissons,  // the same, one an element
    kGather,    // out = a[element], of `stride` bytes each
    kScatter,   // out[element] = a
    kTransmit,  // out[delay b of the synapse][target] += a: plastic synapses only
  };
  int32_t what;
  uint32_t stream;  // of a gather: whose elements, 0 those of the list, 1 its sources, 2 its targets
  Loop loop;
  Operand out, a, b, c;
};

// What is the same for all elements comes first, once a step; then the blocks of elements. keep
// puts results of `once` where they stay: one thread does so, after all have read what was there.
struct Code {
  const Instruction* once;
  int64_t n_once;
  const Instruction* each;
  int64_t n_each;
  const Instruction* keep;
  int64_t n_keep;
};

// Code for some steps, while the state is that of their start: every `every` from `offset` on, or
// those listed.
struct Clock {
  int64_t every, offset;
  const int64_t* at;  // [n_at], ascending, or null
  int64_t n_at;
  Code code;
};

// A state that follows another group's when a step begins: out[i] = values[index[i]].
struct Link {
  const uint8_t* values;
  const int64_t* index;  // [size of the group]
  uint8_t* out;
  int32_t width;  // bytes an element
};

struct Event {
  uint8_t* flags;        // [size of the group]
  int64_t first_source;  // of its elements; -1 where they are none
  int64_t layer;         // how many of the group's events before it have sources
  Code reset;            // for those that have it; its arrays are gathered and scattered
  const double* offset;  // [size of the group] when in the step, ms; null for its end
};

// A group with spikes between the steps: see Precise of spikesim/ir/program.py. All code but `look`,
// which finds events when all is done, is for lists of elements.
struct Precise {
  Code advance, cross, land, finish, look;
  double* until;            // [size]
  const uint8_t* crossing;  // [size]
  Timed timed;
};

struct Group {
  int64_t size;
  const Code* before;  // [rounds], up to the delivery of spikes
  Code after;          // from then on
  int64_t n_events;
  const Event* events;
  int64_t n_slots;      // ports
  const int64_t* slot;  // [ports], where the slots of a port start
  int64_t n_links;
  const Link* links;
  Code begin;  // when a step begins, before samples are taken
  int64_t n_clocks;
  const Clock* clocks;
  const Precise* precise;  // or null
};

// Sums over edges, which are sorted by target; in the rounds first ... last.
struct Coupling {
  int64_t group;       // of the targets
  Code code;           // an element is an edge; leaves `values`
  const int64_t* row;  // [targets + 1], where the edges of a target start
  const void* values;  // [edges]
  void* total;         // [targets]
  int32_t add;         // to what there is from a coupling before this one?
  int32_t pooled;      // the sum of all edges is that of every target that has a row
  int64_t n_edges;
  int64_t first, last;
};

// Who has an event so many steps after a spike: of neuron i the synapses start[i] ... start[i + 1],
// or what is listed there.
struct Lookup {
  int64_t delay;
  const int64_t* start;    // [size of the group + 1]
  const int32_t* synapse;  // or null
};

// The neurons on one side of plastic synapses.
struct Side {
  int64_t group, first_source, size, n_lookups;
  const Lookup* lookups;
};

// Elements, in one of two widths.
struct Ends {
  const int32_t* wide;
  const uint16_t* narrow;
  int32_t operator[](int64_t i) const { return wide ? wide[i] : narrow[i]; }
};

// What synapses with an event, or all at each step, or the neurons of that side do.
struct Response {
  enum To : int32_t { kStep, kPre, kPost };
  int32_t to;
  int32_t of_neurons;
  Code code;
};

// Synapses that change: by source, then target.
struct Plastic {
  int64_t n;
  Ends source, target;  // [n], elements of their groups
  Side pre, post;
  int64_t n_responses;
  const Response* responses;
};

struct Probe {
  const uint8_t* values;
  int32_t width;         // bytes an element
  const int64_t* index;  // [count]
  int64_t count, every;
  uint8_t* out;  // [samples][count]
};

// A variable of those who had an event: its values when they had it, and where they are kept.
struct Column {
  const uint8_t* values;
  int64_t width;  // bytes an element
  uint8_t* out;   // [room]
};

// The events of elements in view: who had them and when, in the order of (step, position in view).
struct Log {
  const uint8_t* flags;  // of the event
  const int64_t* index;  // [size], or null for elements in a row
  int64_t size;
  int64_t n_columns;
  const Column* columns;
  int32_t* step;      // [room]
  int32_t* position;  // [room]
  int64_t room, count;
};

struct Network {
  double dt;
  int32_t wide;              // float64?
  int32_t deliver_first;     // before events are looked for, as NEST does
  int64_t threads, block;    // block: elements at a time
  int64_t local;             // bytes of memory of a thread's own; t and step are the first
  int64_t n_groups;
  const Group* groups;
  int64_t n_rounds;  // the parts of a step before the delivery of spikes
  int64_t n_couplings;
  const Coupling* couplings;
  int64_t n_sources;
  int64_t layers;  // of sources: the sources of a thread are consecutive within each
  int64_t n_slots, n_parts, n_tables;
  const int64_t* part_start;  // [parts + 1], in slots
  const Table* tables;
  void* arrived;      // [slots]
  void* ring;         // [rows][slots], or null; row: step mod rows
  int64_t rows;       // of the ring and the log: one more than the longest delay
  int32_t* log;       // [rows][sources]
  int32_t* count;     // [rows][layers][threads]; between runs the first has all
  int32_t links, begins, acts;  // has any group links, code to begin with, clocks?
  int64_t n_probes;
  const Probe* probes;
  int64_t n_logs;
  Log* logs;
  int32_t precise;  // is any group?
  int64_t n_plastic;
  const Plastic* plastic;
  void* transmitted;         // [transmitted_rows][slots], or null: what plastic synapses sent
  int64_t transmitted_rows;  // one more than the longest dendritic delay; row: step mod rows
  double* sent;     // [rows][sources] when in their step sources of the log had their event, or null
};

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_MACHINE_H_
