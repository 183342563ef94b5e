#pragma once
#include "../sluice/ads/v1/ad_event.pb-c.h"
