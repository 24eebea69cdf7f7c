// Leaky integrate-and-fire neurons, one after the other; a synapse a cycle. net.v gives the numbers.
//
// What is kept is the spikes of the last steps, not what they will add: each neuron collects its
// own. A word of synapses.hex is a synapse; words are sorted by neuron, and within it by what is
// shifted as one. Its fields, from the top down:
//     last of its neuron, last of its sum, from a source, right shift - 7, distance, weight
// A word of neurons.hex is a neuron:
//     4095 - du, 4096 - dv, threshold, bias, u and v at the start
//
// While `done`, hand over the spikes of the sources, then `start`: a step takes as many cycles as
// there are synapses and sources, and 8 more. `out_valid` marks the neurons that spike.
module lif #(
    parameter INPUTS = 1,
    parameter NEURONS = 1,
    parameter SYNAPSES = 1,
    parameter STEPS = 1,  // the longest latency
    parameter INPUT_BITS = 1,
    parameter NEURON_BITS = 1,
    parameter SYNAPSE_BITS = 1,
    parameter DISTANCE_BITS = 1
) (
    input  wire clk,
    input  wire reset,
    input  wire in_valid,
    input  wire [INPUT_BITS-1:0] in_source,
    input  wire [7:0] in_spikes,
    input  wire start,
    output wire done,
    output reg  out_valid,
    output reg  [NEURON_BITS-1:0] out_neuron
);
    localparam WIDTH = 16 + DISTANCE_BITS;
    localparam signed [31:0] TOP = 32'sd8388608;  // 2^23

    reg [WIDTH-1:0] synapses [0:SYNAPSES-1];
    reg [109:0] neurons [0:NEURONS-1];
    reg signed [31:0] u [0:NEURONS-1];
    reg signed [23:0] v [0:NEURONS-1];
    initial $readmemh("synapses.hex", synapses);
    initial $readmemh("neurons.hex", neurons);
`ifndef SYNTHESIS
    initial begin
        #0;
        if (^{synapses[SYNAPSES-1], neurons[NEURONS-1]} === 1'bx) begin
            $display("lif.v: no synapses.hex or neurons.hex in the working directory, or cut short");
            $finish;
        end
    end
`endif

    // ---- what is done when: all words, what is left in the pipeline, the next step's inputs cleared

    reg walking, draining, clearing, fresh;  // fresh: no step since the reset
    reg [SYNAPSE_BITS-1:0] word_at;
    reg [INPUT_BITS-1:0] clear_at;
    wire last;  // the last neuron's state is being written
    wire begins = start && done;
    assign done = !(walking || draining || clearing);

    always @(posedge clk)
        if (reset) begin
            {walking, draining, clearing} <= 3'b001;
            fresh <= 1;
            clear_at <= 0;
        end else if (walking) begin
            word_at <= word_at + 1'b1;
            if (word_at == SYNAPSES - 1) {walking, draining} <= 2'b01;
        end else if (draining) begin
            clear_at <= 0;
            if (last) {draining, clearing, fresh} <= 3'b010;
        end else if (clearing) begin
            clear_at <= clear_at + 1'b1;
            if (clear_at == INPUTS - 1) clearing <= 0;
        end else if (start) begin
            walking <= 1;
            word_at <= 0;
        end

    // ---- 1: a word; 2: the spikes that it is about; 3: their product with the weight ---------------

    reg [2:0] valid;
    reg [WIDTH-1:0] word;
    reg [6:0] control_2;
    reg [5:0] control_3;  // last of its neuron, last of its sum, shift
    reg signed [8:0] weight;
    reg signed [17:0] product;
    wire [7:0] given;
    wire fired, decided, spike;
    wire [NEURON_BITS-1:0] decided_at;

    history #(.SIZE(INPUTS), .STEPS(STEPS), .WIDTH(8), .AT_BITS(INPUT_BITS),
              .DISTANCE_BITS(DISTANCE_BITS)) inputs (
        .clk(clk), .reset(reset), .next(last), .write(clearing || in_valid && done),
        .at(clearing ? clear_at : in_source), .data(clearing ? 8'd0 : in_spikes),
        .distance(word[9 +: DISTANCE_BITS]), .found(given)
    );
    history #(.SIZE(NEURONS), .STEPS(STEPS), .WIDTH(1), .AT_BITS(NEURON_BITS),
              .DISTANCE_BITS(DISTANCE_BITS)) outputs (
        .clk(clk), .reset(reset), .next(last), .write(decided), .at(decided_at), .data(spike),
        .distance(word[9 +: DISTANCE_BITS]), .found(fired)
    );
    wire [7:0] spikes = control_2[4] ? given : {7'd0, fired};

    always @(posedge clk) begin
        valid <= reset ? 3'd0 : {valid[1:0], walking};
        word <= synapses[word_at];
        control_2 <= word[WIDTH-1 -: 7];
        weight <= word[8:0];
        product <= weight * $signed({1'b0, spikes});
        control_3 <= {control_2[6:5], control_2[3:0]};
    end

    // ---- 4: the sums; 5: what arrives at a neuron, its u and v of the step before ------------------

    reg summed, whole, collected;
    reg [3:0] shift;
    reg signed [31:0] partial, sum;
    wire signed [31:0] sum_now = partial + product;
    wire signed [38:0] wide = {sum, 7'd0};
    wire signed [38:0] shifted = wide >>> shift;
    reg [25:0] total, arriving;  // of 32 bits, those that are left when 6 are added below
    wire [25:0] total_now = total + (summed ? shifted[25:0] : 26'd0);
    reg [NEURON_BITS-1:0] index, index_5;
    reg [109:0] neuron;
    reg signed [31:0] u_then;
    reg signed [23:0] v_then;

    always @(posedge clk) begin
        if (valid[2]) partial <= control_3[4] ? 0 : sum_now;
        sum <= sum_now;
        shift <= control_3[3:0];
        summed <= valid[2] && control_3[4];
        whole <= valid[2] && control_3[5];
        total <= whole ? 26'd0 : total_now;
        arriving <= total_now;
        collected <= whole;
        if (whole) index <= index + 1'b1;
        index_5 <= index;
        neuron <= neurons[index];
        u_then <= u[index];
        v_then <= v[index];
        if (reset || begins) begin
            {summed, whole, collected} <= 0;
            partial <= 0;
            total <= 0;
            index <= 0;
        end
    end

    // ---- 6: what is left of u and v; 7: u; 8: v, which a spike takes to 0 ---------------------------

    wire signed [31:0] u_old = fresh ? $signed(neuron[47:24]) : u_then;
    wire signed [23:0] v_old = fresh ? $signed(neuron[23:0]) : v_then;
    reg signed [45:0] u_kept, v_kept;
    wire signed [45:0] u_even = u_kept + (u_kept[45] ? 4095 : 0);  // towards zero
    wire signed [45:0] v_even = v_kept + (v_kept[45] ? 4095 : 0);
    reg [25:0] arriving_6;
    wire signed [31:0] u_32 = $signed(u_even[43:12]) + $signed({arriving_6, 6'd0});
    reg signed [19:0] bias;
    reg [16:0] threshold, threshold_7;
    reg [NEURON_BITS-1:0] index_6, index_7;
    reg decayed, moved;
    reg signed [31:0] u_new, v_less;  // v_less: without u
    wire signed [31:0] v_32 = v_less + u_new;
    wire signed [23:0] v_new = v_32 > TOP - 1 ? TOP - 1 : v_32 < 1 - TOP ? 1 - TOP : v_32;
    assign spike = v_new > $signed({1'b0, threshold_7, 6'd0});
    assign decided = moved;
    assign decided_at = index_7;
    assign last = moved && index_7 == NEURONS - 1;

    always @(posedge clk) begin
        u_kept <= u_old * $signed({1'b0, neuron[109:98]});
        v_kept <= v_old * $signed({1'b0, neuron[97:85]});
        {threshold, bias} <= neuron[84:48];
        arriving_6 <= arriving;
        {index_7, index_6} <= {index_6, index_5};
        {moved, decayed} <= reset ? 2'd0 : {decayed, collected};
        u_new <= u_32 > TOP ? u_32 - 2 * TOP : u_32 <= -TOP ? u_32 + 2 * TOP : u_32;
        v_less <= $signed(v_even[43:12]) + bias;
        threshold_7 <= threshold;
        if (moved) begin
            u[index_7] <= u_new;
            v[index_7] <= spike ? 24'd0 : v_new;
        end
        out_valid <= moved && spike && !reset;
        out_neuron <= index_7;
    end
endmodule

// Spikes of SIZE groups of this step and of STEPS before it, a row a step, in a ring. What lies
// `distance` before this step's row is found a cycle later; 0 from before the reset.
module history #(
    parameter SIZE = 1,
    parameter STEPS = 1,
    parameter WIDTH = 1,
    parameter AT_BITS = 1,
    parameter DISTANCE_BITS = 1
) (
    input  wire clk,
    input  wire reset,
    input  wire next,  // to the next row
    input  wire write,
    input  wire [AT_BITS-1:0] at,
    input  wire [WIDTH-1:0] data,
    input  wire [DISTANCE_BITS-1:0] distance,
    output wire [WIDTH-1:0] found
);
    localparam LENGTH = SIZE * (STEPS + 1);

    reg [WIDTH-1:0] memory [0:LENGTH-1];
    reg [DISTANCE_BITS:0] row, filled;  // filled: words before this row that are since the reset
    reg [WIDTH-1:0] read;
    reg known;
    wire [DISTANCE_BITS:0] from = row - distance + (row < distance ? LENGTH : 0);
    wire [DISTANCE_BITS:0] to = row + at;
    assign found = known ? read : {WIDTH{1'b0}};

    always @(posedge clk) begin
        if (write) memory[to] <= data;
        read <= memory[from];
        known <= distance <= filled;
        if (reset) begin
            row <= 0;
            filled <= 0;
        end else if (next) begin
            row <= row == SIZE * STEPS ? 0 : row + SIZE;
            if (filled != SIZE * STEPS) filled <= filled + SIZE;
        end
    end
endmodule
