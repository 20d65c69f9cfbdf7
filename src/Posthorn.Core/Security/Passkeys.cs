using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Security;

/// <summary>Passkeys of an account. What WebAuthn asks is checked by the edge; here is what is kept.</summary>
public sealed class Passkeys
{
    /// <summary>Of one account.</summary>
    public const int Most = 20;

    /// <summary>Characters.</summary>
    public const int MaxNameLength = 60;

    private readonly IStore _store;
    private readonly SignInLimits _limits;
    private readonly SignInLog _signIns;
    private readonly TimeProvider _time;

    internal Passkeys(IStore store, SignInLimits limits, SignInLog signIns, TimeProvider time) => (_store, _limits, _signIns, _time) = (store, limits, signIns, time);

    /// <summary>The oldest first.</summary>
    public async ValueTask<Result<IReadOnlyList<Passkey>>> ListAsync(Actor actor, AccountId account, CancellationToken cancel) =>
        Guarding.Object(actor, account) is { } refusal
            ? refusal
            : new Result<IReadOnlyList<Passkey>>(await _store.ReadAsync(account, session => session.Security.PasskeysAsync(account), cancel));

    /// <summary>Whose passkey this is; null: nobody's.</summary>
    public async ValueTask<AccountId?> OwnerAsync(byte[] id, CancellationToken cancel) =>
        await _store.ReadAsync(AccountId.Store, session => session.Security.PasskeyOwnerAsync(id), cancel);

    public ValueTask<Result<Done>> AddAsync(Actor actor, AccountId account, Passkey passkey, CancellationToken cancel) => ChangeAsync(
        actor, account,
        async (session, all) =>
        {
            if (Object(passkey.Name, all, null) is { } objection)
            {
                return objection;
            }

            if (all.Count >= Most)
            {
                return new Refusal.Limit("passkeys of an account", Most);
            }

            // WebAuthn §7.1: one credential belongs to one account.
            if (await session.Security.PasskeyOwnerAsync(passkey.Id) is not null)
            {
                return new Refusal.AlreadyExists("This passkey");
            }

            await session.Security.InsertPasskeyAsync(account, passkey);
            return Done.Value;
        },
        cancel);

    public ValueTask<Result<Done>> RenameAsync(Actor actor, AccountId account, byte[] id, string name, CancellationToken cancel) => ChangeAsync(
        actor, account,
        async (session, all) =>
        {
            if (all.FirstOrDefault(passkey => passkey.Id.AsSpan().SequenceEqual(id)) is not { } passkey)
            {
                return new Refusal.NotFound("such passkey");
            }

            if (Object(name.Trim(), all, passkey) is { } objection)
            {
                return objection;
            }

            await session.Security.UpdatePasskeyAsync(account, passkey with { Name = name.Trim() });
            return Done.Value;
        },
        cancel);

    public ValueTask<Result<Done>> RemoveAsync(Actor actor, AccountId account, byte[] id, CancellationToken cancel) => ChangeAsync(
        actor, account,
        async (session, _) =>
        {
            await session.Security.DeletePasskeyAsync(account, id);
            return Done.Value;
        },
        cancel);

    /// <summary>An assertion was right: what it said of the passkey is kept, and its account signs in.</summary>
    /// <param name="asserted">As the assertion left it.</param>
    public async ValueTask<SignIn> SignInAsync(AccountId account, Passkey asserted, SignInOrigin from, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        (Account? accepted, string? name) = await _store.WriteAsync(
            new[] { account },
            async session =>
            {
                Account? found = await session.Directory.AccountAsync(account);
                Passkey? kept = (await session.Security.PasskeysAsync(account)).FirstOrDefault(passkey => passkey.Id.AsSpan().SequenceEqual(asserted.Id));
                // WebAuthn §7.2: a counter that does not rise means that there are two of it. Both zero: it keeps none.
                if (found is not { IsDisabled: false } || kept is null || (asserted.SignCount <= kept.SignCount && (asserted.SignCount, kept.SignCount) != (0, 0)))
                {
                    return (null, null);
                }

                await session.Security.UpdatePasskeyAsync(
                    account, kept with { SignCount = asserted.SignCount, IsBackedUp = asserted.IsBackedUp, IsUserVerified = asserted.IsUserVerified, Used = now });
                return ((Account?)found, (string?)kept.Name);
            },
            cancel);
        if (accepted is null)
        {
            Account? tried = await _store.ReadAsync(AccountId.Store, session => session.Directory.AccountAsync(account), cancel);
            _signIns.Refused(tried?.Address ?? "", "web", from, SignInOutcome.WrongPasskey);
            return new SignIn.Wrong();
        }

        _limits.Succeeded(accepted.Address, from.Address);
        return new SignIn.Accepted(accepted) { By = name };
    }

    private async ValueTask<Result<Done>> ChangeAsync(
        Actor actor, AccountId account, Func<IWriteSession, IReadOnlyList<Passkey>, ValueTask<Result<Done>>> change, CancellationToken cancel) =>
        Guarding.Object(actor, account) is { } refusal
            ? refusal
            : await _store.WriteAsync(new[] { account }, async session => await change(session, await session.Security.PasskeysAsync(account)), cancel);

    private static Refusal? Object(string name, IReadOnlyList<Passkey> all, Passkey? self) =>
        name.Length is 0 or > MaxNameLength || name.Any(char.IsControl) ? new Refusal.Invalid($"A name has 1 to {MaxNameLength} characters, all of them visible.")
        : all.Any(passkey => passkey != self && passkey.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ? new Refusal.AlreadyExists($"A passkey named {name}")
        : null;
}
