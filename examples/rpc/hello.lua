-- The Lua function of uWSGI's documentation, for Go to call.
--
--    uwsgi --plugin lua51 --plugin rpc --uwsgi-socket 127.0.0.1:3033 --lua-load hello.lua

uwsgi.register_rpc('hellolua', function(arg1, arg2)
	return 'args are ' .. arg1 .. ' ' .. arg2
end)
