using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Replies;

namespace Posthorn.Administration;

/// <param name="Outside">same, other or none.</param>
internal sealed record VacationOnRequest(
    string Account, string Text, string? Subject = null, DateOnly? First = null, DateOnly? Last = null, string? Zone = null, int? Days = null, string? Outside = null,
    string? OutsideText = null);

/// <param name="State">off, on, ahead (its first day has not come), over (its last day has passed).</param>
internal sealed record VacationInfo(
    string State, DateOnly? First, DateOnly? Last, string Zone, int Days, string Subject, string Text, string Outside, string OutsideText);

internal sealed record ForwardInfo(string Address, DateTimeOffset Added, DateTimeOffset? Confirmed);

internal sealed record ForwardingInfo(bool On, bool Barred, bool KeepsCopy, IReadOnlyList<ForwardInfo> Addresses);

/// <summary><c>account vacation show|on|off</c>, <c>account forwarding show|off|allow</c>.</summary>
internal static class ReplyOperations
{
    public static readonly Operation<AccountRequest, VacationInfo> ShowVacation = new("account.vacation.show", static (context, request, cancel) =>
        OnAsync(context, request.Address, async account =>
            (await Vacations(context).GetAsync(context.Actor, account.Id, cancel)).Map(vacation => Info(vacation, Now(context))), cancel))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<VacationOnRequest, VacationInfo> VacationOn = new("account.vacation.on", static (context, request, cancel) =>
        OnAsync<VacationInfo>(context, request.Account, async account =>
        {
            OutsideAnswer outside = default;
            if (request.Outside is { } wish && !Enum.TryParse(wish, ignoreCase: true, out outside))
            {
                return new Refusal.Invalid("People outside get the same reply, another one, or none: same, other, none.");
            }

            if (!(await Vacations(context).GetAsync(context.Actor, account.Id, cancel)).TryGet(out Vacation? before, out Refusal? refusal))
            {
                return refusal;
            }

            Vacation wanted = before with
            {
                IsOn = true,
                Text = request.Text,
                Subject = request.Subject ?? "",
                First = request.First,
                Last = request.Last,
                Zone = request.Zone ?? before.Zone,
                Days = request.Days ?? Vacation.DefaultDays,
                Outside = outside,
                OutsideText = request.OutsideText ?? "",
            };
            return (await Vacations(context).SetAsync(context.Actor, account.Id, wanted, cancel)).Map(_ => Info(wanted, Now(context)));
        }, cancel));

    public static readonly Operation<AccountRequest, Done> VacationOff = new("account.vacation.off", static (context, request, cancel) =>
        OnAsync(context, request.Address, account => Vacations(context).TurnOffAsync(context.Actor, account.Id, cancel), cancel));

    public static readonly Operation<AccountRequest, ForwardingInfo> ShowForwarding = new("account.forwarding.show", static (context, request, cancel) =>
        OnAsync(context, request.Address, async account =>
            (await Forwards(context).GetAsync(context.Actor, account.Id, cancel)).Map(state => new ForwardingInfo(
                state.IsOn, state.IsBarred, state.KeepsCopy,
                [.. state.Addresses.Select(address => new ForwardInfo(address.Address, address.Added, address.Confirmed))])), cancel))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<AccountRequest, Done> ForwardingOff = new("account.forwarding.off", static (context, request, cancel) =>
        OnAsync(context, request.Address, account => Forwards(context).BarAsync(context.Actor, account.Id, true, cancel), cancel));

    public static readonly Operation<AccountRequest, Done> ForwardingAllow = new("account.forwarding.allow", static (context, request, cancel) =>
        OnAsync(context, request.Address, account => Forwards(context).BarAsync(context.Actor, account.Id, false, cancel), cancel));

    public static readonly Operation[] All = [ShowVacation, VacationOn, VacationOff, ShowForwarding, ForwardingOff, ForwardingAllow];

    private static Vacations Vacations(OperationContext context) => context.Services.GetRequiredService<Vacations>();

    private static Forwards Forwards(OperationContext context) => context.Services.GetRequiredService<Forwards>();

    private static DateTimeOffset Now(OperationContext context) => context.Services.GetRequiredService<TimeProvider>().GetUtcNow();

    private static async ValueTask<Result<T>> OnAsync<T>(OperationContext context, string address, Func<Account, ValueTask<Result<T>>> run, CancellationToken cancel) =>
        (await context.Services.GetRequiredService<Accounts>().GetAsync(context.Actor, address, cancel)).TryGet(out Account? account, out Refusal? refusal)
            ? await run(account)
            : refusal;

    private static VacationInfo Info(Vacation vacation, DateTimeOffset now) => new(
        !vacation.IsOn ? "off" : vacation.IsAheadAt(now) ? "ahead" : vacation.IsOverAt(now) ? "over" : "on",
        vacation.First, vacation.Last, vacation.Zone, vacation.Days, vacation.Subject, vacation.Text, vacation.Outside.ToString().ToLowerInvariant(), vacation.OutsideText);
}
