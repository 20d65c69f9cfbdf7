using System.Text.Json;
using System.Text.Json.Serialization;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Replies;

/// <summary>Vacation replies of accounts, for their owners and whoever administers.</summary>
public sealed class Vacations
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    private readonly IStore _store;

    internal Vacations(IStore store) => _store = store;

    /// <summary>What was set last, on or off.</summary>
    public async ValueTask<Result<Vacation>> GetAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        return Read(await _store.ReadAsync(account, session => session.Settings.GetAsync(account, Vacation.Key), cancel)) ?? Vacation.Off;
    }

    public async ValueTask<Result<Done>> SetAsync(Actor actor, AccountId account, Vacation vacation, CancellationToken cancel)
    {
        if ((Guarding.Object(actor, account) ?? vacation.Object()) is { } refusal)
        {
            return refusal;
        }

        string text = JsonSerializer.Serialize(vacation, Form);
        return await _store.WriteAsync<Result<Done>>(
            new[] { AccountId.Store, account },
            async session =>
            {
                if (await session.Directory.AccountAsync(account) is not { } owner)
                {
                    return new Refusal.NotFound("such account");
                }

                await session.Settings.SetAsync(account, Vacation.Key, text);
                AutomaticMail others = owner.Automatic & ~AutomaticMail.Vacation;
                await session.Directory.SetAutomaticAsync(account, vacation.IsOn ? others | AutomaticMail.Vacation : others);
                return Done.Value;
            },
            cancel);
    }

    /// <summary>Ends it; its words and days stay for the next time.</summary>
    public async ValueTask<Result<Done>> TurnOffAsync(Actor actor, AccountId account, CancellationToken cancel) =>
        (await GetAsync(actor, account, cancel)).TryGet(out Vacation? vacation, out Refusal? refusal)
            ? await SetAsync(actor, account, vacation with { IsOn = false }, cancel)
            : refusal;

    internal static Vacation? Read(string? text)
    {
        try
        {
            return text is null ? null : JsonSerializer.Deserialize<Vacation>(text, Form);
        }
        catch (JsonException)
        {
            // Written by a version that knows more: it is as if there were none.
            return null;
        }
    }
}
