// The kernels that make a table of synapses; spikesim/backends/cuda/connect.py calls them.
#include "spikesim/connect.cuh"

#ifndef SPIKESIM_THREADS
#define SPIKESIM_THREADS 512  // of a block
#endif

#define KERNEL(NAME, B, BODY) \
  SPIKESIM_KERNEL(NAME, SPIKESIM_THREADS, spikesim::Wiring, B, spikesim::BODY)

KERNEL(spikesim_survey, spikesim::Survey, MakeSurvey)
KERNEL(spikesim_count, spikesim::Table, Count)
KERNEL(spikesim_place, spikesim::Table, Place)
KERNEL(spikesim_round, spikesim::Table, Round)
