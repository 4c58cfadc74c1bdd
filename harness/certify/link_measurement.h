#pragma once

#include "harness/certify/testbed.h"
#include "netns/fabric/link_behavior.h"

#include <string>

namespace icelab {

// What one direction of a link does to datagrams, found out at its two ends. Each function asks one
// question of a fresh testbed and returns the claim in words if what it saw fits the claim, and
// else what it saw. No busy machine makes a link seem slow or fast: what comes later than a clock
// says proves nothing, so that is looked at again. What is left to chance is counted, and compared
// with the claim by five standard deviations: a link that is what it says fails once in a million
// times at most, and with one seed always or never.

std::string measure_delay(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// Whether delays vary around their middle: "5 ms", "none".
std::string measure_jitter(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// Which share of packets jumps the queue.
std::string measure_reordering(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// Which share of datagrams does not arrive whole.
std::string measure_loss(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// Which share of datagrams is lost of those that follow a lost one: whether losses come in bursts.
std::string measure_loss_after_a_loss(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// Which share arrives twice.
std::string measure_duplicates(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// Which share arrives with a wrong checksum.
std::string measure_corruption(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// In bits a second, by a burst that fits the queue.
std::string measure_rate(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// In bytes, by a burst that does not.
std::string measure_queue(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// The largest packet that passes whole.
std::string measure_mtu(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// What becomes of a larger one that must not be cut: "told" to its sender, or a "black hole".
std::string measure_too_big(Testbed& bed, Direction direction, const LinkBehavior& claim);
/// And of one that may be: "cut", or "dropped".
std::string measure_cutting(Testbed& bed, Direction direction, const LinkBehavior& claim);

/// The words of a claim.
std::string delay_claim(const LinkBehavior& link);
std::string jitter_claim(const LinkBehavior& link);
std::string share_claim(double share);
/// The share of datagrams that arrives whole.
double whole_share(const LinkBehavior& link);

/// Whether a burst takes longer than a machine takes to send it, and fits the queue.
bool has_measurable_rate(const LinkBehavior& link);
/// Whether more than fits the queue fits a receiver's buffers.
bool has_measurable_queue(const LinkBehavior& link);

}  // namespace icelab
