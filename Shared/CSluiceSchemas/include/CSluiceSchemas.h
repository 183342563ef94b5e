#pragma once
#include "../sluice/ads/v1/ad_event.pb-c.h"
#include "../sluice/ads/v1/budget_signal.pb-c.h"
#include "../sluice/ads/v1/campaign_budget.pb-c.h"
#include "../sluice/ads/v1/spend_adjustment.pb-c.h"
