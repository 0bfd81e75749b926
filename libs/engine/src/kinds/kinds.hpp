// All kinds of rules.
#pragma once

#include "kinds/anomaly.hpp"
#include "kinds/exposure.hpp"
#include "kinds/price.hpp"
#include "kinds/size.hpp"
#include "kinds/velocity.hpp"
