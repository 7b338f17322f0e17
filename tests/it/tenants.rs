//! Two workspaces on one server.
