// Nothing to call: see WatchedThreads.c.
#pragma once
