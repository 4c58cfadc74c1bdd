#include "src/probe/stun_transaction.h"

#include "tests/support/packets.h"
#include "tests/support/scripted_server.h"
#include "tests/support/stun_messages.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <memory>
#include <stdexcept>

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

using Request = ScriptedServer::Request;
using Answer = ScriptedServer::Answer;

constexpr Retransmission quick{.rto = 2ms};

/// One socket, and a server that does as the test says.
class StunTransactionTest : public testing::Test {
 protected:
  /// Runs until the transaction is done.
  StunExchange ask(const StunQuery& query, const Retransmission& retransmission = quick) {
    const StunTransaction transaction(loop, socket, query, retransmission, [&] { loop.quit(); });
    loop.run();
    return transaction.exchange();
  }
  StunExchange ask_server() { return ask({.server = server.primary}); }

  EventLoop loop;
  ScriptedServer server{loop};
  StunSocket socket{loop, bound_socket({loopback_address(10), 0})};
};

TEST(Retransmission, KeepsTheTimesOfRfc8489Section621) {
  // Requests at 0, 500, 1500, 3500, 7500, 15500 and 31500 ms, and the end at 39500 ms.
  const Retransmission retransmission;
  std::vector<Duration> at{0ms};
  for (int request = 1; request <= retransmission.most_requests; ++request)
    at.push_back(at.back() + retransmission.wait_after(request));
  EXPECT_THAT(at,
              testing::ElementsAre(0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms, 39500ms));
  EXPECT_EQ(retransmission.silence(), 39500ms);
}

TEST_F(StunTransactionTest, TellsTheAnswerAndWhereItCameFrom) {
  const StunExchange exchange = ask_server();
  const auto* answered = std::get_if<Answered>(&exchange.outcome);
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->source, server.primary);
  EXPECT_EQ(exchange.local, socket.local());
  EXPECT_THAT(exchange.mapped(), Optional(socket.local()));
  EXPECT_THAT(server.requests(), SizeIs(exchange.requests));
}

TEST_F(StunTransactionTest, SendsTheSameRequestAgainUntilItIsAnswered) {
  server.bend = [](const Request& request, Answer& answer) { answer.is_lost = request.seen <= 3; };
  const StunExchange exchange = ask_server();
  EXPECT_TRUE(exchange.answer());
  ASSERT_GE(exchange.requests, 4);
  for (const auto& request : server.requests())
    EXPECT_EQ(request.message.transaction, server.requests().front().message.transaction);
}

TEST_F(StunTransactionTest, IsSilentAfterSevenRequests) {
  server.bend = [](const Request&, Answer& answer) { answer.is_lost = true; };
  const StunExchange exchange = ask_server();
  EXPECT_TRUE(exchange.is_silent());
  EXPECT_EQ(exchange.requests, 7);
  EXPECT_EQ(exchange.answers, 0);
  EXPECT_THAT(server.requests(), SizeIs(7));
}

TEST_F(StunTransactionTest, TakesAnAnswerToTheLastRequest) {
  server.bend = [](const Request& request, Answer& answer) { answer.is_lost = request.seen < 7; };
  const StunExchange exchange = ask_server();
  EXPECT_TRUE(exchange.answer());
  EXPECT_TRUE(exchange.lost_packets());
}

TEST_F(StunTransactionTest, IgnoresAnAnswerWithAnotherTransactionId) {
  server.bend = [](const Request&, Answer& answer) { answer.id.back() ^= 1; };
  const StunExchange exchange = ask_server();
  EXPECT_TRUE(exchange.is_silent());
  EXPECT_THAT(exchange.elsewhere, IsEmpty());
}

TEST_F(StunTransactionTest, IgnoresAnAnswerThatDiffersInTheCookieAlone) {
  server.bend = [](const Request&, Answer& answer) { answer.id.front() ^= 1; };
  EXPECT_TRUE(ask_server().is_silent());
}

TEST_F(StunTransactionTest, KeepsAnAnswerFromElsewhereAsEvidenceAndNotAsTheAnswer) {
  server.bend = [&](const Request&, Answer& answer) { answer.from = server.other; };
  const StunExchange exchange = ask_server();
  EXPECT_TRUE(exchange.is_silent());
  ASSERT_THAT(exchange.elsewhere, SizeIs(7));
  EXPECT_EQ(exchange.elsewhere.front().source, server.other);
}

TEST_F(StunTransactionTest, TakesTheRightAnswerAfterOneFromElsewhere) {
  server.bend = [&](const Request& request, Answer& answer) {
    if (request.seen == 1) answer.from = server.other;
  };
  const StunExchange exchange = ask_server();
  EXPECT_TRUE(exchange.answer());
  EXPECT_THAT(exchange.elsewhere, SizeIs(1));
}

TEST_F(StunTransactionTest, ExpectsAChangedAnswerFromWhereItWasAskedToComeFrom) {
  const StunExchange exchange = ask({.server = server.primary,
                                     .change_address = true,
                                     .change_port = true,
                                     .answer_from = server.other});
  const auto* answered = std::get_if<Answered>(&exchange.outcome);
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->source, server.other);
}

TEST_F(StunTransactionTest, IsNotDeceivedByAServerThatIgnoresTheChangeRequest) {
  server.bend = [](const Request& request, Answer& answer) { answer.from = request.asked; };
  const StunExchange exchange = ask({.server = server.primary,
                                     .change_address = true,
                                     .change_port = true,
                                     .answer_from = server.other});
  EXPECT_TRUE(exchange.is_silent());
  EXPECT_THAT(exchange.elsewhere, testing::Not(IsEmpty()));
}

TEST_F(StunTransactionTest, IgnoresGarbage) {
  server.bend = [](const Request& request, Answer& answer) {
    if (request.seen == 1) answer.raw = {'h', 'e', 'l', 'l', 'o'};
    if (request.seen == 2) answer.raw = std::vector<std::uint8_t>(1400, 0x55);
    if (request.seen == 3) {  // the header of an answer, cut off
      answer.raw = stun_bytes(StunClass::success, StunMethod::binding, answer.id);
      answer.raw.resize(19);
    }
    if (request.seen == 4)  // a request with the same id
      answer.raw = stun_bytes(StunClass::request, StunMethod::binding, answer.id);
  };
  const StunExchange exchange = ask_server();
  EXPECT_TRUE(exchange.answer());
  EXPECT_GE(exchange.requests, 5);
  EXPECT_TRUE(exchange.lost_packets());
}

TEST_F(StunTransactionTest, TellsAnErrorResponse) {
  server.bend = [](const Request&, Answer& answer) { answer.error = 420; };
  const StunExchange exchange = ask_server();
  const auto* error = std::get_if<ErrorResponse>(&exchange.outcome);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, 420);
  EXPECT_EQ(error->source, server.primary);
}

TEST_F(StunTransactionTest, TakesAnErrorFromWhereItAskedThoughItWantedTheAnswerFromElsewhere) {
  server.bend = [](const Request& request, Answer& answer) {
    answer.from = request.asked;
    answer.error = 420;
  };
  const StunExchange exchange = ask({.server = server.primary,
                                     .change_address = true,
                                     .change_port = true,
                                     .answer_from = server.other});
  EXPECT_TRUE(std::holds_alternative<ErrorResponse>(exchange.outcome));
}

TEST_F(StunTransactionTest, TellsARefusalFromSilence) {
  const Endpoint nobody{loopback_address(3), 9};
  const StunExchange exchange = ask({.server = nobody});
  const auto* refused = std::get_if<Refused>(&exchange.outcome);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->error, ECONNREFUSED);
  EXPECT_THAT(refused->from, Optional(nobody.address));
}

TEST_F(StunTransactionTest, TellsARefusalOnlyToWhoWasRefused) {
  server.bend = [](const Request& request, Answer& answer) { answer.is_lost = request.seen == 1; };
  const StunTransaction refused(loop, socket, {.server = {loopback_address(3), 9}}, quick, {});
  EXPECT_TRUE(ask_server().answer());
  EXPECT_TRUE(std::holds_alternative<Refused>(refused.exchange().outcome));
}

TEST_F(StunTransactionTest, TellsWhatKeptThisMachineFromSending) {
  const StunExchange exchange = ask({.server = "255.255.255.255:3478"_endpoint});
  const auto* refused = std::get_if<Refused>(&exchange.outcome);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->error, EACCES);
  EXPECT_EQ(refused->from, std::nullopt);
}

TEST_F(StunTransactionTest, RefusesToSendIpv6OverAnIpv4Socket) {
  const StunExchange exchange = ask({.server = "[2001:db8::1]:3478"_endpoint});
  EXPECT_EQ(std::get<Refused>(exchange.outcome).error, EAFNOSUPPORT);
}

TEST_F(StunTransactionTest, SharesASocketWithOthers) {
  const StunTransaction other(loop, socket, {.server = server.other}, quick, {});
  EXPECT_TRUE(ask_server().answer());
  EXPECT_TRUE(other.exchange().answer());
  EXPECT_NE(server.requests()[0].message.transaction, server.requests()[1].message.transaction);
}

TEST_F(StunTransactionTest, CountsAnswersThatWereLateAndNotLost) {
  // The first two answers are held back until the third request has come.
  server.bend = [&](const Request& request, Answer& answer) {
    answer.is_lost = request.seen < 3;
    if (request.seen != 3) return;
    for (int late = 0; late < 2; ++late) {
      server.send(answer.from, request.source,
                  stun_bytes(StunClass::success, StunMethod::binding, answer.id,
                             {stun_attribute::xor_mapped_address(request.source)}));
    }
  };
  const StunExchange exchange = ask_server();
  EXPECT_EQ(exchange.requests, 3);
  EXPECT_EQ(exchange.answers, 3);
  EXPECT_FALSE(exchange.lost_packets());
}

TEST_F(StunTransactionTest, StaysAnsweredWhateverComesLater) {
  server.bend = [&](const Request& request, Answer& answer) {
    server.send(answer.from, request.source,
                stun_bytes(StunClass::success, StunMethod::binding, answer.id,
                           {stun_attribute::xor_mapped_address(request.source)}));
    answer.error = 500;  // comes after it
  };
  const StunExchange exchange = ask_server();
  EXPECT_TRUE(exchange.answer());
  EXPECT_EQ(exchange.answers, 2);
}

TEST_F(StunTransactionTest, AsksWithoutTheCookieAsRfc3489Did) {
  const StunExchange exchange = ask({.server = server.primary, .classic = true});
  ASSERT_TRUE(exchange.answer());
  EXPECT_EQ(exchange.answer()->xor_mapped_address, std::nullopt);
  EXPECT_THAT(exchange.answer()->plain_mapped_address, Optional(socket.local()));
}

TEST_F(StunTransactionTest, MayBeDestroyedByWhatItCallsBack) {
  std::unique_ptr<StunTransaction> transaction;
  transaction = std::make_unique<StunTransaction>(loop, socket, StunQuery{.server = server.primary},
                                                  quick, [&] {
                                                    transaction.reset();
                                                    loop.quit();
                                                  });
  loop.run();
  EXPECT_EQ(transaction, nullptr);
}

TEST_F(StunTransactionTest, TellsWhoeverWaitsThatItHadToSendAgain) {
  server.bend = [](const Request&, Answer& answer) { answer.is_lost = true; };
  StunTransaction transaction(loop, socket, {.server = server.primary}, quick, {});
  int calls = 0;
  transaction.on_retransmission([&] {
    ++calls;
    EXPECT_EQ(transaction.exchange().requests, 2);
  });
  ask_server();
  EXPECT_EQ(calls, 1);
}

TEST_F(StunTransactionTest, LeavesRequestsToWhoeverListensForThem) {
  std::optional<Endpoint> from;
  socket.on_stray([&](const StunMessage& message, const Endpoint& source) {
    if (message.message_class == StunClass::request) from = source;
  });
  server.bend = [&](const Request& request, Answer&) {
    server.send(server.other, request.source,
                stun_bytes(StunClass::request, StunMethod::binding, "stray"));
  };
  ask_server();
  ask_server();
  EXPECT_THAT(from, Optional(server.other));
}

TEST(StunSocket, MustBeBoundToOneAddress) {
  EventLoop loop;
  EXPECT_THROW(StunSocket(loop, bound_socket("0.0.0.0:0"_endpoint)), std::invalid_argument);
}

}  // namespace
}  // namespace icelab
