// The contract, as it was when the gateway was built: the text of openapi.json.
#pragma once

namespace risk::gateway {

extern const char kOpenApi[];

}  // namespace risk::gateway
