// One function a step: what it does is in src/plan/steps/step-table.ts. Each returns 0, or what Context::fail returns.
#pragma once

#include "context.h"

int run(Context &context, const step::JoinCgroup &step);
int run(Context &context, const step::OomScoreAdj &step);
int run(Context &context, const step::Dumpable &step);
int run(Context &context, const step::CpuAffinity &step);
int run(Context &context, const step::CloneTree &step);
int run(Context &context, const step::IdmapTree &step);
int run(Context &context, const step::CloneInRoot &step);
int run(Context &context, const step::JoinNamespace &step);
int run(Context &context, const step::JoinProcess &step);
int run(Context &context, const step::Unshare &step);
int run(Context &context, const step::TimeOffsets &step);
int run(Context &context, const step::Sync &step);
int run(Context &context, const step::Become &step);
int run(Context &context, const step::Fork &step);
int run(Context &context, const step::CloseProc &step);
int run(Context &context, const step::Loopback &step);
int run(Context &context, const step::SessionKeyring &step);
int run(Context &context, const step::Setsid &step);
int run(Context &context, const step::TreePropagation &step);
int run(Context &context, const step::OpenRoot &step);
int run(Context &context, const step::AdoptRoot &step);
int run(Context &context, const step::EnterRoot &step);
int run(Context &context, const step::MountFs &step);
int run(Context &context, const step::MountBind &step);
int run(Context &context, const step::MountAttributes &step);
int run(Context &context, const step::MountReconfigure &step);
int run(Context &context, const step::Unmount &step);
int run(Context &context, const step::MountPropagation &step);
int run(Context &context, const step::DeviceNode &step);
int run(Context &context, const step::DeviceBind &step);
int run(Context &context, const step::DeviceFolder &step);
int run(Context &context, const step::DeviceAhead &step);
int run(Context &context, const step::Symlink &step);
int run(Context &context, const step::Console &step);
int run(Context &context, const step::PivotRoot &step);
int run(Context &context, const step::MoveRoot &step);
int run(Context &context, const step::Chroot &step);
int run(Context &context, const step::RootPropagation &step);
int run(Context &context, const step::RootReadonly &step);
int run(Context &context, const step::ReadonlyPath &step);
int run(Context &context, const step::MaskPath &step);
int run(Context &context, const step::Hostname &step);
int run(Context &context, const step::Domainname &step);
int run(Context &context, const step::Sysctl &step);
int run(Context &context, const step::Hook &step);
int run(Context &context, const step::Rlimit &step);
int run(Context &context, const step::Scheduler &step);
int run(Context &context, const step::IoPriority &step);
int run(Context &context, const step::Personality &step);
int run(Context &context, const step::MemoryPolicy &step);
int run(Context &context, const step::Umask &step);
int run(Context &context, const step::NoNewPrivileges &step);
int run(Context &context, const step::ApparmorProfile &step);
int run(Context &context, const step::SelinuxLabel &step);
int run(Context &context, const step::BoundingSet &step);
int run(Context &context, const step::User &step);
int run(Context &context, const step::Capabilities &step);
int run(Context &context, const step::Seccomp &step);
int run(Context &context, const step::ReopenNull &step);
int run(Context &context, const step::MakeFolder &step);
int run(Context &context, const step::OwnStdio &step);
int run(Context &context, const step::Cwd &step);
int run(Context &context, const step::Home &step);
int run(Context &context, const step::FindExecutable &step);
int run(Context &context, const step::Ready &step);
int run(Context &context, const step::WaitStart &step);
int run(Context &context, const step::Exec &step);

// The plan is not what this init understands.
int malformed(Context &context);
