using System.Text.Json;
using System.Text.Json.Serialization;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Settings;

/// <summary>Keeps what a person chose in the preferences of the account: an object of JSON for each page of settings, under <c>web.</c> and its name.</summary>
/// <remarks>What another version wrote and this one cannot read counts as not chosen: a page is better in the wrong language than not at all.</remarks>
internal sealed class SavedSettings(Preferences preferences)
{
    private const string Prefix = "web.";

    // Read by reflection: what is missing then has its default, which generated code takes from init properties.
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private const string General = Prefix + "general", Reading = Prefix + "reading", Composing = Prefix + "composing", Senders = Prefix + "senders";

    public async ValueTask<PersonalSettings> LoadAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (!(await preferences.ListAsync(actor, account, Prefix, cancel)).TryGet(out IReadOnlyList<KeyValuePair<string, string>>? found, out _))
        {
            return new PersonalSettings();
        }

        Dictionary<string, string> values = found.ToDictionary();
        return new PersonalSettings
        {
            General = Read<GeneralSettings>(values, General),
            Reading = Read<ReadingSettings>(values, Reading),
            Composing = Read<ComposingSettings>(values, Composing).Bounded,
            Senders = Read<SenderSettings>(values, Senders),
        };
    }

    public ValueTask<Result<Done>> SaveAsync(WebSession session, GeneralSettings chosen, CancellationToken cancel) =>
        SaveAsync(session, General, chosen, cancel);

    public ValueTask<Result<Done>> SaveAsync(WebSession session, ReadingSettings chosen, CancellationToken cancel) =>
        SaveAsync(session, Reading, chosen, cancel);

    public ValueTask<Result<Done>> SaveAsync(WebSession session, ComposingSettings chosen, CancellationToken cancel) =>
        SaveAsync(session, Composing, chosen, cancel);

    public ValueTask<Result<Done>> SaveAsync(WebSession session, SenderSettings chosen, CancellationToken cancel) =>
        SaveAsync(session, Senders, chosen, cancel);

    private ValueTask<Result<Done>> SaveAsync<T>(WebSession session, string key, T chosen, CancellationToken cancel)
        where T : class, new() =>
        preferences.SetAsync(session.Actor, session.Account.Id, key, chosen.Equals(new T()) ? null : JsonSerializer.Serialize(chosen, Options), cancel);

    private static T Read<T>(Dictionary<string, string> values, string key)
        where T : class, new()
    {
        try
        {
            return values.TryGetValue(key, out string? json) && JsonSerializer.Deserialize<T>(json, Options) is { } read ? read : new T();
        }
        catch (JsonException)
        {
            return new T();
        }
    }
}
