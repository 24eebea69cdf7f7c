#include "spikesim/fast.cuh"

namespace spikesim {
namespace {

using Real = float;
using Total = int32_t;

struct Code0 {
  static SPIKESIM_DEVICE void Begin(const Group& g, const Moment& m, int32_t i) {
  }
  static SPIKESIM_DEVICE void KeepBegin(const Group& g, const Moment& m) {
  }
  static SPIKESIM_DEVICE void Act(int64_t clock, const Group& g, const Moment& m, int32_t i) {
  }
  static SPIKESIM_DEVICE void KeepAct(int64_t clock, const Group& g, const Moment& m) {
  }
  static SPIKESIM_DEVICE void Before(int32_t round, const Group& g, const Moment& m, int32_t i) {
    switch (round) {
      case 0: {
        const Bool r0 = GtOp::Of(FieldOf<int32_t>(g.field, 12)[i], int32_t(0));
        const int32_t r1 = SubOp::Of(FieldOf<int32_t>(g.field, 12)[i], int32_t(1));
        const int32_t r2 = WhereOp::Of(r0, r1, FieldOf<int32_t>(g.field, 12)[i]);
        const float r3 = MulOp::Of(FieldOf<float>(g.field, 18)[0], FieldOf<float>(g.field, 6)[i]);
        const float r4 = MulOp::Of(FieldOf<float>(g.field, 19)[0], FieldOf<float>(g.field, 8)[i]);
        const float r5 = AddOp::Of(r3, r4);
        const float r6 = MulOp::Of(FieldOf<float>(g.field, 20)[0], FieldOf<float>(g.field, 10)[i]);
        const float r7 = AddOp::Of(r5, r6);
        const float r8 = AddOp::Of(r7, FieldOf<float>(g.field, 21)[0]);
        const float r9 = MulOp::Of(FieldOf<float>(g.field, 22)[0], FieldOf<float>(g.field, 8)[i]);
        const float r10 = MulOp::Of(FieldOf<float>(g.field, 23)[0], FieldOf<float>(g.field, 10)[i]);
        const float r11 = WhereOp::Of(r0, FieldOf<float>(g.field, 6)[i], r8);
        const Bool r12 = GeOp::Of(r11, FieldOf<float>(g.field, 3)[0]);
        const Bool r13 = NotOp::Of(r0);
        const Bool r14 = AndOp::Of(r12, r13);
        FieldOf<Bool>(g.field, 11)[i] = r0;
        FieldOf<int32_t>(g.field, 12)[i] = r2;
        FieldOf<float>(g.field, 6)[i] = r11;
        FieldOf<float>(g.field, 8)[i] = r9;
        FieldOf<float>(g.field, 10)[i] = r10;
        g.events[0].flags[i] = r14;
        return;
      }
    }
  }
  template <typename From>
  static SPIKESIM_DEVICE void After(const From& from, const Group& g, const Moment& m, int32_t i) {
    const Real a0 = Arriving<Real, Total>(from, g.slot[0] + i, 0, m.step);
    const Real a1 = Arriving<Real, Total>(from, g.slot[1] + i, 1, m.step);
    const double o0 = static_cast<double>(FieldOf<float>(g.field, 24)[0]);
    const Bool o1 = GtOp::Of(o0, (0x0.0p+0));
    const double o2 = MinOp::Of(o0, (0x1.5e00000000000p+9));
    const double o3 = WhereOp::Of(o1, o2, (0x0.0p+0));
    const double o4 = NegOp::Of(o3);
    const double o5 = ExpOp::Of(o4);
    const int32_t r0 = DrawPoisson(m, g.stream[0], i, o3, o5);
    const float r1 = static_cast<float>(r0);
    const float r2 = MulOp::Of(FieldOf<float>(g.field, 15)[0], r1);
    const float r3 = AddOp::Of(a0, r2);
    const float r4 = AddOp::Of(FieldOf<float>(g.field, 8)[i], r3);
    const float r5 = AddOp::Of(FieldOf<float>(g.field, 10)[i], a1);
    FieldOf<float>(g.field, 8)[i] = r4;
    FieldOf<float>(g.field, 10)[i] = r5;
  }
  static SPIKESIM_DEVICE void Reset(int64_t event, const Group& g, const Moment& m, int32_t i) {
    switch (event) {
      case 0: {
        const float r0 = static_cast<float>(FieldOf<float>(g.field, 4)[0]);
        const int32_t r1 = static_cast<int32_t>(FieldOf<int32_t>(g.field, 25)[0]);
        FieldOf<float>(g.field, 6)[i] = r0;
        FieldOf<int32_t>(g.field, 12)[i] = r1;
        return;
      }
    }
  }
};

struct Code1 {
  static SPIKESIM_DEVICE void Begin(const Group& g, const Moment& m, int32_t i) {
  }
  static SPIKESIM_DEVICE void KeepBegin(const Group& g, const Moment& m) {
  }
  static SPIKESIM_DEVICE void Act(int64_t clock, const Group& g, const Moment& m, int32_t i) {
  }
  static SPIKESIM_DEVICE void KeepAct(int64_t clock, const Group& g, const Moment& m) {
  }
  static SPIKESIM_DEVICE void Before(int32_t round, const Group& g, const Moment& m, int32_t i) {
    switch (round) {
      case 0: {
        const Bool r0 = GtOp::Of(FieldOf<int32_t>(g.field, 12)[i], int32_t(0));
        const int32_t r1 = SubOp::Of(FieldOf<int32_t>(g.field, 12)[i], int32_t(1));
        const int32_t r2 = WhereOp::Of(r0, r1, FieldOf<int32_t>(g.field, 12)[i]);
        const float r3 = MulOp::Of(FieldOf<float>(g.field, 16)[i], FieldOf<float>(g.field, 6)[i]);
        const float r4 = MulOp::Of(FieldOf<float>(g.field, 17)[i], FieldOf<float>(g.field, 8)[i]);
        const float r5 = AddOp::Of(r3, r4);
        const float r6 = MulOp::Of(FieldOf<float>(g.field, 18)[i], FieldOf<float>(g.field, 10)[i]);
        const float r7 = AddOp::Of(r5, r6);
        const float r8 = AddOp::Of(r7, FieldOf<float>(g.field, 19)[i]);
        const float r9 = MulOp::Of(FieldOf<float>(g.field, 20)[i], FieldOf<float>(g.field, 8)[i]);
        const float r10 = MulOp::Of(FieldOf<float>(g.field, 21)[i], FieldOf<float>(g.field, 10)[i]);
        const float r11 = WhereOp::Of(r0, FieldOf<float>(g.field, 6)[i], r8);
        const Bool r12 = GeOp::Of(r11, FieldOf<float>(g.field, 3)[0]);
        const Bool r13 = NotOp::Of(r0);
        const Bool r14 = AndOp::Of(r12, r13);
        FieldOf<Bool>(g.field, 11)[i] = r0;
        FieldOf<int32_t>(g.field, 12)[i] = r2;
        FieldOf<float>(g.field, 6)[i] = r11;
        FieldOf<float>(g.field, 8)[i] = r9;
        FieldOf<float>(g.field, 10)[i] = r10;
        g.events[0].flags[i] = r14;
        return;
      }
    }
  }
  template <typename From>
  static SPIKESIM_DEVICE void After(const From& from, const Group& g, const Moment& m, int32_t i) {
    const Real a0 = Arriving<Real, Total>(from, g.slot[0] + i, 0, m.step);
    const Real a1 = Arriving<Real, Total>(from, g.slot[1] + i, 1, m.step);
    const float r0 = AddOp::Of(FieldOf<float>(g.field, 8)[i], a0);
    const float r1 = AddOp::Of(FieldOf<float>(g.field, 10)[i], a1);
    FieldOf<float>(g.field, 8)[i] = r0;
    FieldOf<float>(g.field, 10)[i] = r1;
  }
  static SPIKESIM_DEVICE void Reset(int64_t event, const Group& g, const Moment& m, int32_t i) {
    switch (event) {
      case 0: {
        const float r0 = static_cast<float>(FieldOf<float>(g.field, 4)[0]);
        const int32_t r1 = static_cast<int32_t>(FieldOf<int32_t>(g.field, 22)[0]);
        FieldOf<float>(g.field, 6)[i] = r0;
        FieldOf<int32_t>(g.field, 12)[i] = r1;
        return;
      }
    }
  }
};

struct Model {
  using Real = spikesim::Real;
  using Sum = Total;
  static constexpr bool kKeeps = false;
  static constexpr bool kLearns = false;

  template <typename Body>
  static SPIKESIM_DEVICE void Code(int32_t k, const Body& body) {
    switch (k) {
      case 0: body(Code0()); break;
      case 1: body(Code1()); break;
      default: break;
    }
  }

  template <typename Body>
  static SPIKESIM_DEVICE void Edge(int32_t k, const Body& body) {
    switch (k) {
      default: break;
    }
  }
};

}  // namespace
}  // namespace spikesim

SPIKESIM_KERNEL(spikesim_run, 1, spikesim::Network, spikesim::Launch,
                spikesim::RunFast<spikesim::Model>)
