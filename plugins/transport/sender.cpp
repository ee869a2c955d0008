#include "plugins/transport/sender.h"

namespace mlmon::transport {

Outcome interrupted() { return Outcome::retry("interrupted: the process is ending"); }

}  // namespace mlmon::transport
