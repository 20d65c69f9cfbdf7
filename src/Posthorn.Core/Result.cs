using System.Diagnostics.CodeAnalysis;
using Posthorn.Core.Access;

namespace Posthorn.Core;

/// <summary>Why an operation was not done. Expected refusals are values; exceptions are faults.</summary>
public abstract record Refusal
{
    private Refusal()
    {
    }

    /// <summary>One sentence for a person; protocols choose their own codes.</summary>
    public abstract string Text { get; }

    public sealed record Denied(Right Right) : Refusal
    {
        public override string Text => $"You do not have the right to do this ({Right}).";
    }

    public sealed record NotFound(string What) : Refusal
    {
        public override string Text => $"There is no {What}.";
    }

    /// <summary>It was there when the actor looked; somebody else removed it.</summary>
    public sealed record Expunged : Refusal
    {
        public override string Text => "There is no such message any more";
    }

    public sealed record AlreadyExists(string What) : Refusal
    {
        public override string Text => $"{What} exists already.";
    }

    public sealed record Invalid(string Reason) : Refusal
    {
        public override string Text => Reason;
    }

    /// <summary>The mailbox has children and cannot go before them (RFC 9051 §6.3.5).</summary>
    public sealed record HasChildren(string Name) : Refusal
    {
        public override string Text => $"{Name} has folders inside it; delete those first.";
    }

    public sealed record OverQuota(long LimitBytes) : Refusal
    {
        /// <summary>It is what all accounts of the domain share.</summary>
        public bool IsOfDomain { get; init; }

        public override string Text => $"The {(IsOfDomain ? "domain" : "account")} is over its quota of {LimitBytes} bytes.";
    }

    public sealed record OverMessageQuota(long Most) : Refusal
    {
        public override string Text => $"The account is over its quota of {Most} messages.";
    }

    /// <summary>A named limit was reached.</summary>
    public sealed record Limit(string Name, long Value) : Refusal
    {
        public override string Text => $"The limit {Name} of {Value} is reached.";
    }

    /// <summary>Somebody else holds what only one may hold (a POP3 maildrop).</summary>
    public sealed record InUse(string What) : Refusal
    {
        public override string Text => $"{What} is in use by another session.";
    }
}

/// <summary>A value, or the reason why there is none.</summary>
public readonly struct Result<T>
{
    private readonly T _value;

    /// <summary>For values of an interface type, which cannot convert implicitly.</summary>
    public Result(T value) => _value = value;

    private Result(T value, Refusal? refusal) => (_value, Refusal) = (value, refusal);

    public Refusal? Refusal { get; }

    public bool IsOk => Refusal is null;

    /// <exception cref="InvalidOperationException">The operation was refused.</exception>
    public T Value => Refusal is null ? _value : throw new InvalidOperationException(Refusal.Text);

    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Refusal? refusal)
    {
        (value, refusal) = (_value, Refusal);
        return refusal is null;
    }

    /// <summary>The value in another form; a refusal stays what it is.</summary>
    public Result<TOther> Map<TOther>(Func<T, TOther> form) => Refusal is { } refusal ? refusal : new Result<TOther>(form(_value));

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Refusal refusal) => new(default!, refusal);
}

/// <summary>The value of an operation that has nothing to say but that it was done.</summary>
public readonly record struct Done
{
    public static readonly Done Value;
}
