-- wrk's side: send prepared bodies in turn, each with a reference of its own.
--
--   wrk -s bench/send.lua URL -- BODIES RUN THREADS CREDENTIAL
--
-- BODIES holds one body a line, with "@" where its reference goes. RUN tells one call of wrk from
-- another. Heads are written beforehand, so that a request costs us two pastes.

local threads = 0
local WIDTH = 8 -- digits of the running number, so that every body of a line is as long

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  before, after, sent = {}, {}, 0
  reference = args[2] .. "-" .. number .. "-%0" .. WIDTH .. "d"
  local length = #string.format(reference, 0)
  local place = 0
  for line in io.lines(args[1]) do
    if place % tonumber(args[3]) == number then
      local at = line:find("@", 1, true)
      local head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port ..
        "\r\nContent-Type: application/json\r\nAuthorization: " .. args[4] ..
        "\r\nContent-Length: " .. (#line - 1 + length) .. "\r\n\r\n"
      before[#before + 1] = head .. line:sub(1, at - 1)
      after[#after + 1] = line:sub(at + 1)
    end
    place = place + 1
  end
end

function request()
  sent = sent + 1
  local place = sent % #before + 1
  return before[place] .. string.format(reference, sent) .. after[place]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("measured %d %d %d %d %d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
