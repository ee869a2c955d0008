#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/store/checkpoint_store.h"
#include "core/store/database.h"

namespace mlmon {

/// The partitions of a log among runs that share a state in PostgreSQL: each has one owner, and an epoch that counts
/// its owners. Who claims one takes it from whoever has it, and from then on no commit of that one is taken. What
/// comes of a partition's events is its owner's to write and to deliver: the claim is the lease of all of it.
///
/// https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html calls such an epoch a fencing token.
/// Not thread-safe.
class PartitionClaims {
 public:
  /// `run`: the number of this one among them.
  static Result<PartitionClaims> open(Database& database, std::int64_t run);

  /// Takes these over; one that no run has read begins where it says. Lines that came of no partition, of a run that had
  /// the state for itself and was killed, are due with one of those that are claimed first. Inside a transaction.
  Result<std::vector<ClaimedPartition>> claim(const std::vector<KnownSource>& partitions);

  /// Those in the rows are nobody's from here on, if they still are this run's, and their lines are written up to that
  /// action. Inside a transaction.
  Result<void> let_go(const std::vector<std::int64_t>& rows, std::int64_t written);

  /// Makes sure that nobody has claimed any of them since, until the end of this transaction, and notes that lines up
  /// to this action are written. Gives the rows of those that are lost; until it lets them go they stay so.
  Result<std::vector<std::int64_t>> hold(std::int64_t written);

  /// Puts a transaction's claims, or what it has let go, into force once it is committed.
  void committed() { held_ = coming_; }

 private:
  struct Claim {
    std::int64_t row = 0, epoch = 0;
  };

  PartitionClaims(Database& database, std::int64_t run) : database_(&database), run_(run) {}
  Result<ClaimedPartition> claim_one(const KnownSource& wanted);
  Result<void> add_due_of_none(std::vector<ClaimedPartition>& claimed);
  Result<KnownSource> row_of(const KnownSource& wanted);

  Database* database_;
  std::int64_t run_;
  std::vector<Claim> held_, coming_;
  std::int64_t last_of_none_ = 0;  // the last line of no partition that this run has to write; 0: it has none
  std::unique_ptr<RowWriter> fence_;
};

/// A condition, beginning with AND, that holds for actions of this run's partitions only; `action`: the column with
/// their number. What came of none is the business of the first partition's owner. Empty for run 0: all are its.
std::string only_actions_of(std::int64_t run, const std::string& action);

/// Nobody owns a partition from here on: for a run that has the state for itself.
Result<void> end_all_claims(Database& database);

}  // namespace mlmon
