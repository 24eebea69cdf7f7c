// Steps the network: bytes of `in` from the standard input; `out`, net_u and net_v of each step to
// the standard output, in the machine's order of bytes. With FILES defined, from the file `in` to the
// file `out`.
#include <stdio.h>

#include "net.h"

int main(void) {
    static uint8_t in[NET_INPUTS + 1], out[NET_NEURONS];
#ifdef FILES
    if (!freopen("in", "rb", stdin) || !freopen("out", "wb", stdout)) return 1;
#endif
    net_reset();
    while (fread(in, 1, NET_INPUTS + 1, stdin) == NET_INPUTS + 1) {  // the last byte is no source
        net_step(in, out);
        fwrite(out, 1, NET_NEURONS, stdout);
        fwrite(net_u, sizeof net_u[0], NET_NEURONS, stdout);
        fwrite(net_v, sizeof net_v[0], NET_NEURONS, stdout);
    }
    return 0;
}
