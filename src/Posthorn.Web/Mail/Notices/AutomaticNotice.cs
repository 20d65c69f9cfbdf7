using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Replies;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Notices;

/// <summary>What one should not forget while one reads: that senders are answered by themselves, and, in its first days, that mail goes on elsewhere.</summary>
/// <param name="IsAway">The vacation reply is on, and this is one of its days.</param>
/// <param name="Until">Its last day.</param>
/// <param name="ForwardedTo">Addresses that were confirmed a short while ago.</param>
public sealed record AutomaticNotice(bool IsAway, DateOnly? Until, IReadOnlyList<string> ForwardedTo)
{
    /// <summary>How long a new address is told of: long enough that its owner sees it, whoever set it up.</summary>
    private static readonly TimeSpan New = TimeSpan.FromDays(7);

    /// <summary>Null: nothing. Costs nothing where the account has none of it.</summary>
    internal static async ValueTask<AutomaticNotice?> OfAsync(HttpContext http)
    {
        WebSession session = http.Session();
        AutomaticMail automatic = session.Account.Automatic;
        if ((automatic & (AutomaticMail.Vacation | AutomaticMail.Forwarding)) == 0)
        {
            return null;
        }

        DateTimeOffset now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        Vacation vacation = automatic.HasFlag(AutomaticMail.Vacation)
            ? (await http.RequestServices.GetRequiredService<Vacations>().GetAsync(session.Actor, session.Account.Id, http.RequestAborted)).Value
            : Vacation.Off;
        ForwardingState? forwarding = automatic.HasFlag(AutomaticMail.Forwarding)
            ? (await http.RequestServices.GetRequiredService<Forwards>().GetAsync(session.Actor, session.Account.Id, http.RequestAborted)).Value
            : null;
        string[] fresh = forwarding is { IsOn: true } ? [.. forwarding.Addresses.Where(address => address.Confirmed > now - New).Select(static address => address.Address)] : [];
        return vacation.IsActiveAt(now) || fresh.Length > 0 ? new AutomaticNotice(vacation.IsActiveAt(now), vacation.Last, fresh) : null;
    }
}
